/** The part of `limits` that is about traces of changes. */
const kib = 1024;

export const traceLimits = {
  /** Changes that are followed at the same time; further ones have no trace, and are counted. */
  open: 32,
  /** A change that not every proxy has acknowledged within this time ends its trace, ms. */
  endMs: 30_000,
  /** Keys that a trace names, and characters of each. */
  keys: 5,
  textChars: 256,
  /** Decodes of one change with a span each: of as many revisions as came while it was gathered. */
  decodes: 16,
  /** Rejections, and proxies that are behind, that a trace names. */
  proxies: 16,
  /** Messages of one change by which its rejections are known. */
  messages: 256,
  /** Traces that wait for the collector, 3 kB each: the oldest go first. */
  queued: 256,
  /** Traces in one request. */
  batch: 32,
  /** One attempt, ms, and bytes of an answer that are read. */
  attemptMs: 5_000,
  answerBytes: 64 * kib,
  /** Back-off between attempts, ms, with full jitter. */
  backoffMinMs: 1_000,
  backoffMaxMs: 60_000,
  /** A server that stops has this long to send what it has, ms. */
  closeMs: 1_000,
} as const;
