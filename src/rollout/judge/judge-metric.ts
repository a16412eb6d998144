/**
 * One measurement of an analysis. Success has to be proven as well as failure: what the data leave
 * open is no outcome yet while the analysis is younger than its look-back, and later it is
 * inconclusive.
 */
import { evaluate } from "../../lib/condition/evaluate.ts";
import type { AnalysisMetric } from "../../model/rollout.ts";
import { requestsOf } from "../../observe/load/signal.ts";
import { comparisonWindow } from "./comparison-window.ts";
import { evidenceText, type Finding, failures } from "./evidence-text.ts";
import { figuresOf, missingFigure } from "./figures.ts";
import {
  type Measured,
  type MeasuredPair,
  withoutNews,
  withoutReports,
  withTooFew,
} from "./measured.ts";
import { amount, boundInPercent, percent } from "./phrases.ts";
import { compareRates, differenceBounds, type RateVerdict } from "./sequential.ts";
import type { MeasurementOutcome } from "./tally.ts";

export interface MetricJudgement {
  readonly outcome: MeasurementOutcome;
  /** One sentence for an operator. */
  readonly reason: string;
}

/** Over which time the signals have to be that are judged `elapsedMs` after the analysis began. */
export const lookbackOf = (metric: AnalysisMetric, elapsedMs: number): number =>
  metric.judge.kind === "compare"
    ? comparisonWindow(metric, elapsedMs).lookbackMs
    : metric.lookbackMs;

export function judgeMetric(
  metric: AnalysisMetric,
  measured: Measured | MeasuredPair,
  elapsedMs: number,
): MetricJudgement {
  if (measured.kind === "unavailable") {
    return { outcome: "error", reason: `${measured.subset}: ${measured.reason}` };
  }
  const open = elapsedMs < metric.lookbackMs ? "waiting" : "inconclusive";
  if (measured.kind === "pair") {
    return metric.judge.kind === "compare"
      ? compared(metric, metric.judge.maxDelta, measured, elapsedMs, open)
      : { outcome: "error", reason: "conditions are about one version, and there are two" };
  }
  return metric.judge.kind === "conditions"
    ? byConditions(metric, metric.judge, measured, open)
    : { outcome: "error", reason: "a comparison needs the requests of both versions" };
}

/** What an undecided measurement is. */
type Open = "waiting" | "inconclusive";

type Conditions = Extract<AnalysisMetric["judge"], { readonly kind: "conditions" }>;

/**
 * Of two conditions each has to hold for its outcome; failure goes first. Of one alone, that it
 * holds is one outcome and that it certainly does not is the other. Of none, a measurement is a
 * success, as in Argo.
 */
function byConditions(
  metric: AnalysisMetric,
  { success, failure }: Conditions,
  measured: Measured,
  open: Open,
): MetricJudgement {
  // A number of another provider gets no clearer by waiting.
  const undecided: Open = measured.kind === "requests" ? open : "inconclusive";
  const little =
    withoutNews(measured, metric.lookbackMs) ??
    (measured.kind === "requests"
      ? withTooFew(measured.signal, metric.minRequests, metric.lookbackMs)
      : undefined);
  if (little !== undefined) return { outcome: undecided, reason: little };
  const figures = figuresOf(measured, metric);
  const find = (condition: Conditions["success"]): Finding | undefined =>
    condition && { condition, truth: evaluate(condition, figures) };
  const findings = { success: find(success), failure: find(failure) };
  const { outcome, by } = concluded(findings);
  // A failure that nobody could see must not pass for none.
  const missing = missingIn(findings, measured, metric);
  if (missing !== undefined && outcome !== "failed") return { outcome: undecided, reason: missing };
  return {
    outcome: outcome === "undecided" ? undecided : outcome,
    reason: evidenceText(measured, metric, by),
  };
}

const missingIn = (
  { success, failure }: Findings,
  measured: Measured,
  metric: AnalysisMetric,
): string | undefined =>
  [success, failure]
    .filter((finding) => finding?.truth === "unknown")
    .map((finding) => finding && missingFigure(measured, metric, finding.condition))
    .find((sentence) => sentence !== undefined);

interface Findings {
  readonly success: Finding | undefined;
  readonly failure: Finding | undefined;
}

/** The outcome, and the conditions that it rests on. */
function concluded({ success, failure }: Findings): {
  readonly outcome: "successful" | "failed" | "undecided";
  readonly by: readonly Finding[];
} {
  if (failure?.truth === "true") return { outcome: "failed", by: [failure] };
  if (success?.truth === "true") return { outcome: "successful", by: [success] };
  if (failure === undefined && success?.truth === "false") {
    return { outcome: "failed", by: [success] };
  }
  if (success === undefined && failure?.truth !== "unknown") {
    return { outcome: "successful", by: failure === undefined ? [] : [failure] };
  }
  return { outcome: "undecided", by: [success, failure].filter((each) => each !== undefined) };
}

function compared(
  metric: AnalysisMetric,
  maxDelta: number,
  { canary, stable }: MeasuredPair,
  elapsedMs: number,
  open: Open,
): MetricJudgement {
  const { lookbackMs, alpha } = comparisonWindow(metric, elapsedMs);
  const little =
    withoutReports(canary, lookbackMs) ??
    withoutReports(stable, lookbackMs) ??
    withTooFew(canary, metric.minRequests, lookbackMs) ??
    withTooFew(stable, metric.minRequests, lookbackMs);
  if (little !== undefined) return { outcome: open, reason: little };
  const verdict = compareRates(canary.counts, stable.counts, maxDelta, alpha);
  const bounds = differenceBounds(canary.counts, stable.counts, alpha);
  const low = boundInPercent(bounds.low, "down");
  const high = boundInPercent(bounds.high, "up");
  const seen =
    `${canary.subset}: ${failures(canary.counts, lookbackMs)}, ` +
    `of ${stable.subset} ${stable.counts.errors} of ${requestsOf(stable.counts)}`;
  const sure = percent(metric.confidence);
  const rule = found[verdict](points(maxDelta));
  return {
    outcome: verdict === "undecided" ? open : decided[verdict],
    reason: `${seen} (difference ${low} to ${high} points with ${sure}), ${rule}`,
  };
}

const decided = { worse: "failed", notWorse: "successful" } as const;

/** Percentage points. */
function points(share: number): string {
  const written = amount(share * 100);
  return `${written} ${written === "1" ? "point" : "points"}`;
}

const found: Readonly<Record<RateVerdict, (most: string) => string>> = {
  worse: (most) => `worse by more than ${most}`,
  notWorse: (most) => `not worse by more than ${most}`,
  undecided: (most) => `neither more nor less than ${most} is proven`,
};
