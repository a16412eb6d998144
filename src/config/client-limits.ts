/** The part of `limits` that is about clients of the admin API: the command line and the page. */
export const clientLimits = {
  /** An answer must be whole within this, ms; `serin … --wait` adds what it waits. */
  answerMs: 10_000,
  /** Pages that are followed of one list: a million objects. */
  pages: 1_000,
} as const;
