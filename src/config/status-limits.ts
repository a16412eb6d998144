/** The part of `limits` that is about client status (CSDS). */
const kib = 1024;
const mib = 1024 * kib;

export const statusLimits = {
  /** Calls for client status at a port: of people and tools, not of proxies. */
  statusCalls: 16,
  /** Bytes of one answer, of which each call may have one: 1,000 proxies with 80 resources by name. */
  statusBytes: 8 * mib,
  /** Bytes of a request for status, the node of the asker included, and matchers in it. */
  statusRequestBytes: 512 * kib,
  statusMatchers: 64,
  /** Characters of all regular expressions of a request: hostile ones take 0.1 s to compile ... */
  statusRegexChars: 1 * kib,
  /** ... and instructions of their programs, each of which looks at each character of a node's id. */
  statusRegexProgram: 256,
  /** Characters of a rejection in it, which stand at each resource that the response had. */
  statusErrorChars: 1 * kib,
  /** Milliseconds of a turn of the event loop in which answers are made. */
  statusTurnMs: 5,
} as const;
