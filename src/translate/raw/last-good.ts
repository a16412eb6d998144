import type { Diagnostic } from "../../lib/diagnostic.ts";

/**
 * A refusal with what follows from it: the content of `inForce`, a revision that was good, goes on
 * being served, or nothing is.
 */
export function withOutcome(refusal: Diagnostic, inForce: bigint | undefined): Diagnostic {
  const { message } = refusal;
  if (inForce !== undefined) {
    return { ...refusal, message: `${message}; revision ${inForce} stays in force` };
  }
  return refusal.code.endsWith("_CLASH")
    ? { ...refusal, message: `${message}; it is left out` }
    : refusal;
}
