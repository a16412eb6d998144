/**
 * From single measurements to the verdict of an analysis, with Argo Rollouts' limits.
 * https://argo-rollouts.readthedocs.io/en/stable/features/analysis/#failure-conditions-and-failure-limit
 */
import type { AnalysisMetric } from "../../model/rollout.ts";
import type { MetricTally } from "../../model/rollout-status.ts";

export type MeasurementOutcome =
  | "successful"
  | "failed"
  /** Enough time has gone by, and neither is proven. */
  | "inconclusive"
  /** It could not be measured. */
  | "error"
  /**
   * The analysis is younger than its look-back, and what there is does not decide: counted as
   * nothing.
   */
  | "waiting";

/**
 * `inconclusive` and `error` know nothing against the release, and nothing for it: it must not go
 * on.
 */
export type AnalysisVerdict = "running" | "successful" | "failed" | "inconclusive" | "error";

/** `undefined`: the first one. */
export function tallyOf(
  tally: MetricTally | undefined,
  outcome: MeasurementOutcome,
  nowMs: number,
): MetricTally {
  const before = tally ?? unmeasured;
  const one = (which: MeasurementOutcome): number => (outcome === which ? 1 : 0);
  return {
    successful: before.successful + one("successful"),
    failed: before.failed + one("failed"),
    inconclusive: before.inconclusive + one("inconclusive"),
    errors: before.errors + one("error"),
    consecutiveErrors: outcome === "error" ? before.consecutiveErrors + 1 : 0,
    lastAtMs: nowMs,
  };
}

const unmeasured: Omit<MetricTally, "lastAtMs"> = {
  successful: 0,
  failed: 0,
  inconclusive: 0,
  errors: 0,
  consecutiveErrors: 0,
};

/** When the next measurement is due, of an analysis that began at `startedMs`. */
export const dueAtMs = (
  metric: AnalysisMetric,
  tally: MetricTally | undefined,
  startedMs: number,
): number =>
  tally === undefined ? startedMs + metric.initialDelayMs : tally.lastAtMs + metric.intervalMs;

/** A dry run ends like others, and always well. */
export function analysisVerdict(
  metric: AnalysisMetric,
  tally: MetricTally | undefined,
): AnalysisVerdict {
  const verdict = tally === undefined ? "running" : verdictOf(metric, tally);
  return metric.dryRun && verdict !== "running" ? "successful" : verdict;
}

function verdictOf(metric: AnalysisMetric, tally: MetricTally): AnalysisVerdict {
  if (tally.failed > metric.failureLimit) return "failed";
  if (tally.consecutiveErrors > metric.consecutiveErrorLimit) return "error";
  if (tally.inconclusive > metric.inconclusiveLimit) return "inconclusive";
  // As in Argo, measurements that could not be made are not among those that end it.
  const measured = tally.successful + tally.failed + tally.inconclusive;
  if (metric.count === undefined || measured < metric.count) return "running";
  // Unlike Argo: limits that are never reached do not make a success of nothing.
  return tally.successful > 0 ? "successful" : "inconclusive";
}
