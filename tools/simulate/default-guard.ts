/** The rules that are simulated: the defaults of `guard: [{}]`, and a comparison. */

import type { Condition } from "../../src/lib/condition/condition.ts";
import { parseCondition } from "../../src/lib/condition/parse.ts";
import type { Guard } from "../../src/model/guard.ts";
import type { AnalysisMetric } from "../../src/model/rollout.ts";

export function conditionOf(text: string): Condition {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export const defaultGuard: Guard = {
  name: "http-5xx",
  subset: undefined,
  provider: { kind: "envoy" },
  intervalMs: 4_000,
  lookbackMs: 120_000,
  minRequests: 20,
  confidence: 0.99,
  hardTrip: { minRequests: 10, ratio: 0.5 },
  failureCondition: conditionOf("result.ratio5xx > 0.05"),
  failureLimit: 0,
  onFailure: { setWeight: 0, latch: true, alerts: [] },
};

export const comparison: AnalysisMetric = {
  name: "against-stable",
  provider: { kind: "envoy" },
  intervalMs: 30_000,
  initialDelayMs: 0,
  count: undefined,
  lookbackMs: 600_000,
  minRequests: 20,
  confidence: 0.99,
  judge: { kind: "compare", maxDelta: 0.01 },
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  dryRun: false,
};
