/** Why what a person wanted was not done, in the words that API and command line have for it. */
import type { Committed } from "./act.ts";
import type { StoreError } from "./store.ts";

export type ActFailure =
  /** One sentence that says why. */
  | { readonly kind: "refused"; readonly message: string }
  /** It is not as whoever asks has seen it; one sentence that names both. */
  | { readonly kind: "unexpected"; readonly message: string }
  /** Others wrote at the same time. */
  | { readonly kind: "changed" }
  | { readonly kind: "store"; readonly error: StoreError };

/** Of an act that was not done. */
export function actFailure(committed: Exclude<Committed, { readonly kind: "done" }>): ActFailure {
  const { error } = committed;
  return error === undefined ? { kind: "changed" } : { kind: "store", error };
}
