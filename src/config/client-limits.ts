/** The part of `limits` that is about clients of the admin API: the command line and the page. */
const mib = 1024 * 1024;

export const clientLimits = {
  /** An answer must be whole within this, ms; `serin … --wait` adds what it waits. */
  answerMs: 10_000,
  /** Pages that are followed of one list: a million objects. */
  pages: 1_000,
  /** A stream of events without a byte for so long has died, ms: a comment comes each 15 s. */
  silentMs: 45_000,
  /** Characters of one event: a service with hundreds of versions and a minute of figures. */
  eventChars: 4 * mib,
} as const;
