/**
 * The part of `limits.ts` that is about the command line, and about what `serin dev` starts. Everything says
 * `limits.cli` and `limits.dev`.
 */
const kib = 1024;
const mib = 1024 * kib;

export const toolLimits = {
  cli: {
    /** What completes a word asks the server for so long, ms, and then offers nothing ... */
    completeMs: 500,
    /** ... and for so many names: a terminal shows no more. */
    completions: 200,
    /** Who waits at a terminal is told this often how far the proxies are, ms. */
    progressMs: 1_000,
    /** Looks at one key in the store and at the server, that often apart, before they are two stores. */
    sameStoreLooks: 3,
    /** `status --watch` draws ages this often, ms; and looks this often where there is no stream of events ... */
    watchMs: 1_000,
    /** ... which else says when to look, but no sooner after the last time than this, ms, ... */
    watchGapMs: 250,
    /** ... and no later, ms: the events count proxies, and one may come where another goes. */
    watchAnywayMs: 10_000,
    /** A stream of events that broke or was refused is asked for again after this long, ms. */
    eventsAgainMs: 2_000,
    /** serin says something each 15 s; a stream that is silent for longer is dead, ms. */
    eventsSilenceMs: 40_000,
    /** Bytes of a file of objects, or of standard input: one value has 1 MiB at the most. */
    inputBytes: 64 * mib,
    /** Bytes of what is imported, which is parsed as a whole. */
    importBytes: 16 * mib,
    /** Pages of resources, of some thousand each, that `snapshot get` puts together. */
    snapshotPages: 200,
    /** Pairs of lines that a diff compares, 4 bytes each; of longer texts the middle is shown whole. */
    diffSteps: 4_000_000,
    /** `envoy --mode validate` may take this long, ms. */
    envoyValidateMs: 60_000,
    /** Raw resources shown, then left out, one by one to find what Envoy rejects, at 0.2 s each. */
    suspects: 25,
    /** Parts of one that are left out to find the field, at 0.2 s each. */
    fieldAsks: 60,
  },
  dev: {
    /** Lines of a child's output kept for error messages, and characters of one line. */
    outputLines: 400,
    outputLineChars: 4 * kib,
    /** TERM, then KILL after this long, ms: Envoy and etcd end within 1 s when idle. */
    childStopMs: 5_000,
    /** One probe (`envoy --version`, `docker image inspect`) may take this long, ms. */
    probeMs: 15_000,
    /** One attempt to download a binary (37 MB at 1 MB/s), ms, and the number of attempts. */
    downloadMs: 60_000,
    downloadAttempts: 3,
    /** Pause before the n-th further attempt, ms, times n. */
    downloadPauseMs: 1_000,
    /** Readiness of a child is polled this often, ms; one attempt may take `readyAttemptMs`. */
    readyPollMs: 25,
    readyAttemptMs: 1_000,
    /** Whether npm's shell is there still is looked at this often, ms. */
    parentPollMs: 500,
    /** Bytes of an alert that the demo's receiver reads: `alerts.textBytes` and its frame, many times over. */
    alertBytes: 64 * kib,
  },
} as const;
