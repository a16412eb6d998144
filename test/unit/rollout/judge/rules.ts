import type { Guard } from "../../../../src/model/guard.ts";
import type { AnalysisMetric } from "../../../../src/model/rollout.ts";
import type { SubsetSignal } from "../../../../src/observe/load/signal.ts";
import type { Measured } from "../../../../src/rollout/judge/measured.ts";
import { comparison, conditionOf, defaultGuard } from "../../../../tools/simulate/default-guard.ts";

export const guard = (changes: Partial<Guard> = {}): Guard => ({ ...defaultGuard, ...changes });

export const ruleOf = conditionOf;

/** A signal of v2: so many errors among so many requests, just reported. */
export const signalOf = (
  errors: number,
  requests: number,
  changes: Partial<SubsetSignal> = {},
): SubsetSignal => ({
  subset: "v2",
  counts: { ok: requests - errors, errors },
  inProgress: 0,
  metrics: new Map(),
  ageMs: 1_000,
  reporters: 1,
  ...changes,
});

export const requestsSeen = (
  errors: number,
  requests: number,
  changes: Partial<SubsetSignal> = {},
): Measured => ({ kind: "requests", signal: signalOf(errors, requests, changes) });

export const valueSeen = (value: number, ageMs = 0): Measured => ({
  kind: "value",
  subset: "v2",
  value,
  ageMs,
});

/** A metric with conditions; undefined: that one is not given. */
export const metricOf = (
  success: string | undefined,
  failure: string | undefined,
  changes: Partial<AnalysisMetric> = {},
): AnalysisMetric => ({
  ...comparison,
  name: "errors",
  lookbackMs: 120_000,
  judge: {
    kind: "conditions",
    success: success === undefined ? undefined : conditionOf(success),
    failure: failure === undefined ? undefined : conditionOf(failure),
  },
  ...changes,
});
