/** What the parts of the form are given. */
import type { Draft, Fault } from "./draft.ts";

export interface FieldsProps {
  readonly draft: Draft;
  readonly faults: readonly Fault[];
  readonly onChange: (some: Partial<Draft>) => void;
}
