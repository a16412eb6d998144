/** A button that says why it cannot be pressed: it stays in the order of focus, with its reason. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useApp } from "../app-context.ts";

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onPress: () => void;
  readonly kind?: "plain" | "first" | "danger" | "quiet";
  /** Why not; null or left out: it may be pressed. */
  readonly reason?: string | null | undefined;
  /** Where what is written on it says too little. */
  readonly label?: string | undefined;
  readonly name?: string | undefined;
}

export function Button({ children, onPress, kind = "plain", reason, label, name }: ButtonProps) {
  const { announce } = useApp();
  const id = useId();
  const isOff = reason !== null && reason !== undefined;
  return (
    <span class="button-with-reason">
      <button
        type="button"
        class={`button ${kind}`}
        data-control={name}
        aria-label={label}
        aria-disabled={isOff}
        aria-describedby={isOff ? id : undefined}
        onClick={() => (isOff ? announce(reason) : onPress())}
      >
        {children}
      </button>
      {isOff && (
        <span id={id} role="tooltip" class="reason">
          {reason}
        </span>
      )}
    </span>
  );
}
