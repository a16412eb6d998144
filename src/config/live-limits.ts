/** The part of `limits` that is about what people watch as it happens. Everything says `limits.live`. */
export const liveLimits = {
  live: {
    /** Figures of requests are taken this often, ms: proxies report every two seconds, by default. */
    figureStepMs: 5_000,
    /** Points that are kept of a version: 15 minutes. */
    figurePoints: 180,
    /** Versions of all services that points are kept of, at 20 bytes a point: 3.6 kB each. */
    figureVersions: 2_000,
    /** Services in one page of their list, unless fewer are asked for: each is 600 bytes of JSON or more. */
    pageServices: 500,
    /** Objects of one plan: as much work as a write of all of them, in one turn. */
    planObjects: 500,
    /** Plans and differences that wait for their turn: each may take seconds. */
    planWaits: 16,
    /** ... and of one token: whoever asks for many leaves room for what others look at before they write. */
    planWaitsPerToken: 8,
    /** Keys that are taken from one revision to another in one turn of the event loop. */
    diffKeys: 250,
    /** Resources in one difference: 100 bytes of JSON each ... */
    diffResources: 20_000,
    /** ... and those whose bodies are compared in one answer, a turn each. */
    diffBodies: 200,
    /** Pairs of lines that the difference of one body compares, 4 bytes each. */
    diffSteps: 250_000,
    /** Names of proxies that a plan affects; the rest is a count. */
    planNodes: 100,
    /** Alerts that are remembered, those that have arrived included: 2 kB each. */
    alerts: 100,
    /** Streams of events at a time: each is a connection, and 50 bytes for each service that it waits for ... */
    eventStreams: 64,
    /** ... and of one token: many tabs of one person, and room for three others who have as many. */
    eventStreamsPerToken: 16,
    /** Services that one stream may name. */
    eventServices: 500,
    /** A service, and the count of proxies, are told this often at the most, ms. */
    eventMs: 1_000,
    /** Events that a reader gets in one turn of the event loop; a first one of each service is made then. */
    eventsPerTurn: 16,
    /** Milliseconds of one turn in which services are looked at. */
    turnMs: 5,
    /** Keys of one event `changed`; the rest is a count. */
    changedKeys: 100,
    /** A comment this often, ms: proxies between cut what is silent for a minute. */
    beatMs: 15_000,
    /** A reader that takes nothing of what waits for so long, ms, has its stream ended. */
    stallMs: 60_000,
  },
} as const;
