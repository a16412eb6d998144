/** A label, its field, and what is wrong with it, tied together for screen readers. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  readonly label: string;
  readonly fault?: string | undefined;
  /** Gets what ties the field to its label and its fault. */
  children(tied: {
    readonly id: string;
    readonly "aria-invalid": boolean;
    readonly "aria-describedby": string | undefined;
  }): ComponentChildren;
}

export function Field({ label, fault, children }: FieldProps) {
  const id = useId();
  const isWrong = fault !== undefined;
  const tied = {
    id,
    "aria-invalid": isWrong,
    "aria-describedby": isWrong ? `${id}-fault` : undefined,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(tied)}
      {isWrong && (
        <span id={`${id}-fault`} class="fault">
          {fault}
        </span>
      )}
    </div>
  );
}
