/** What a write that did not answer well has come to: the words of its note, and whether asking again can help. */
export type WriteFailure =
  /** What was shown is no longer so; nothing was written. */
  | "changed"
  /** The answer was lost: it may have been written. */
  | "unknown"
  /** Nothing was written, and the detail says why. */
  | "refused";

interface Failed {
  /** 0: there was no answer. */
  readonly status: number;
  /** Of the problem; empty: it was none of serin's. */
  readonly code: string;
}

export function writeFailure({ status, code }: Failed): WriteFailure {
  if (code === "precondition-failed") return "changed";
  // Serin says for certain that nothing was written; anybody between it and the page cannot.
  if (code === "store-unavailable") return "refused";
  return status === 0 || status === clientGone || status >= serverFailed ? "unknown" : "refused";
}

const clientGone = 499;
const serverFailed = 500;
