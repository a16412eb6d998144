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
    /** Alerts that are remembered, those that have arrived included: 2 kB each. */
    alerts: 100,
  },
} as const;
