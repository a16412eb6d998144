/**
 * How a version is judged, once more and in another way, from what is promised alone: score tests
 * in place of intervals, predictions one request after the other in place of the beta function.
 */
import { limits } from "../../src/config/limits.ts";
import type { Guard } from "../../src/model/guard.ts";
import type { AnalysisMetric } from "../../src/model/rollout.ts";
import type { Counts, SubsetSignal } from "../../src/observe/load/signal.ts";
import type { GuardMemory } from "../../src/rollout/judge/judge-guard.ts";
import type { MeasuredRequests } from "../../src/rollout/judge/measured.ts";
import type { AnalysisVerdict, MeasurementOutcome } from "../../src/rollout/judge/tally.ts";

/** Standard deviations of the confidences that are tried, from tables. */
export const deviations: ReadonlyMap<number, number> = new Map([
  [0.9, 1.2815515655],
  [0.95, 1.644853627],
  [0.99, 2.326347874],
  [0.999, 3.0902323062],
]);

/** Too close to call by arithmetic that is done in two ways. */
export class TooClose extends Error {}

function exceeds(value: number, bound: number): boolean {
  if (Math.abs(value - bound) < 1e-6 * Math.max(1, Math.abs(bound))) throw new TooClose();
  return value > bound;
}

const sizeOf = ({ ok, errors }: Counts): number => ok + errors;

/**
 * How far the observed ratio is above `bound`, in standard deviations of what `bound` would give.
 */
const score = (counts: Counts, bound: number): number =>
  (counts.errors / sizeOf(counts) - bound) / Math.sqrt((bound * (1 - bound)) / sizeOf(counts));

/** Is the ratio above the bound? */
function aboveBound(counts: Counts, bound: number, confidence: number): boolean | undefined {
  const deviation = deviations.get(confidence) ?? Number.NaN;
  if (exceeds(score(counts, bound), deviation)) return true;
  return exceeds(-score(counts, bound), deviation) ? false : undefined;
}

const isSilent = ({ ageMs, counts }: SubsetSignal): boolean =>
  ageMs === undefined || ageMs > limits.judge.staleReportMs || sizeOf(counts) === 0;

/** Of a guard `result.ratio5xx > threshold`. */
export function guardVerdict(
  guard: Guard,
  threshold: number,
  { signal, recent = [] }: MeasuredRequests,
  memory: GuardMemory,
  nowMs: number,
): { readonly verdict: string; readonly memory: GuardMemory } {
  const { failures, lookedAtMs } = memory;
  const since = lookedAtMs === undefined ? undefined : nowMs - lookedAtMs;
  if (since !== undefined && since >= 0 && since < guard.intervalMs) {
    return { verdict: "hold", memory };
  }
  if (isSilent(signal)) return { verdict: "hold", memory };
  const size = sizeOf(signal.counts);
  const failed = { failures: failures + 1, lookedAtMs: nowMs };
  const { hardTrip } = guard;
  if (
    hardTrip !== undefined &&
    size >= hardTrip.minRequests &&
    signal.counts.errors / size >= hardTrip.ratio
  ) {
    return { verdict: "fail", memory: failed };
  }
  if (size < guard.minRequests) return { verdict: "hold", memory };
  const isProven = (counts: Counts): boolean =>
    sizeOf(counts) >= guard.minRequests &&
    sizeOf(counts) > 0 &&
    aboveBound(counts, threshold, guard.confidence) === true;
  // What each of the longer times has more than the one before it.
  const stretches = recent.map((each, at) => {
    const { ok, errors } = recent[at - 1]?.signal.counts ?? { ok: 0, errors: 0 };
    return { ok: each.signal.counts.ok - ok, errors: each.signal.counts.errors - errors };
  });
  const quick = stretches.length > 0 && stretches.every(isProven);
  if (!isProven(signal.counts) && !quick) {
    return { verdict: "pass", memory: { failures: 0, lookedAtMs: nowMs } };
  }
  return { verdict: failures + 1 > guard.failureLimit ? "fail" : "hold", memory: failed };
}

/**
 * Of `result.ratio5xx < good` and `result.ratio5xx > bad`, where they are given; with `blind` the
 * failure is about a figure besides that nobody reports.
 */
export function conditionsOutcome(
  metric: AnalysisMetric,
  bounds: { readonly good: number | undefined; readonly bad: number | undefined; blind: boolean },
  signal: SubsetSignal,
  elapsedMs: number,
): MeasurementOutcome {
  const open = elapsedMs < metric.lookbackMs ? "waiting" : "inconclusive";
  if (isSilent(signal) || sizeOf(signal.counts) < metric.minRequests) return open;
  const above = (bound: number | undefined): boolean | undefined =>
    bound === undefined ? undefined : aboveBound(signal.counts, bound, metric.confidence);
  const [aboveGood, aboveBad] = [above(bounds.good), above(bounds.bad)];
  if (aboveBad === true) return "failed";
  if (bounds.bad !== undefined && bounds.blind) return open;
  if (bounds.good === undefined && bounds.bad === undefined) return "successful";
  if (aboveGood === false) return "successful";
  if (bounds.bad === undefined && aboveGood === true) return "failed";
  return bounds.good === undefined && aboveBad === false ? "successful" : open;
}

/** The oldest of the tests that begin every half look-back and are younger than a whole one. */
export function comparisonTest(metric: AnalysisMetric, elapsedMs: number) {
  let number = 0;
  while (elapsedMs - (number * metric.lookbackMs) / 2 >= metric.lookbackMs) number += 1;
  // 1/2, 1/6, 1/12 and so on: what is left of 1, 1/2, 1/3 after the next.
  const part = 1 / (number + 1) - 1 / (number + 2);
  return {
    lookbackMs: elapsedMs - (number * metric.lookbackMs) / 2,
    alpha: (1 - metric.confidence) * part,
  };
}

export function comparisonOutcome(
  metric: AnalysisMetric,
  maxDelta: number,
  canary: SubsetSignal,
  stable: SubsetSignal,
  elapsedMs: number,
): MeasurementOutcome {
  const open = elapsedMs < metric.lookbackMs ? "waiting" : "inconclusive";
  for (const signal of [canary, stable]) {
    if (isSilent(signal) || sizeOf(signal.counts) < metric.minRequests) return open;
  }
  const [one, other] = [canary.counts, stable.counts];
  const evidence = predicted(one) + predicted(other) - greatest(one, other, maxDelta);
  const needed = -Math.log(comparisonTest(metric, elapsedMs).alpha);
  if (!exceeds(evidence, needed)) return open;
  const seen = one.errors / sizeOf(one) - other.errors / sizeOf(other);
  return seen > maxDelta ? "failed" : "successful";
}

/** Each request is predicted from those before it, with half an error and half a success more. */
function predicted({ ok, errors }: Counts): number {
  let sum = 0;
  for (let k = 0; k < errors; k += 1) sum += Math.log((k + 0.5) / (k + 1));
  for (let k = 0; k < ok; k += 1) sum += Math.log((k + 0.5) / (errors + k + 1));
  return sum;
}

/** The greatest likelihood of two rates so far apart, by ternary search. */
function greatest(canary: Counts, stable: Counts, delta: number): number {
  const term = (count: number, rate: number): number => (count === 0 ? 0 : count * Math.log(rate));
  const likelihood = (rate: number): number =>
    term(canary.errors, rate + delta) +
    term(canary.ok, 1 - rate - delta) +
    term(stable.errors, rate) +
    term(stable.ok, 1 - rate);
  let [low, high] = [0, 1 - delta];
  for (let i = 0; i < 200; i += 1) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (likelihood(left) < likelihood(right)) low = left;
    else high = right;
  }
  return likelihood((low + high) / 2);
}

export function verdictAfter(
  metric: AnalysisMetric,
  outcomes: readonly MeasurementOutcome[],
): AnalysisVerdict {
  const count = (which: MeasurementOutcome): number =>
    outcomes.filter((each) => each === which).length;
  const inRow = outcomes.length - 1 - outcomes.findLastIndex((each) => each !== "error");
  const counted = outcomes.filter((each) => each !== "error" && each !== "waiting").length;
  const ended = (verdict: AnalysisVerdict): AnalysisVerdict =>
    metric.dryRun ? "successful" : verdict;
  if (count("failed") > metric.failureLimit) return ended("failed");
  if (inRow > metric.consecutiveErrorLimit) return ended("error");
  if (count("inconclusive") > metric.inconclusiveLimit) return ended("inconclusive");
  if (metric.count === undefined || counted < metric.count) return "running";
  return ended(count("successful") === 0 ? "inconclusive" : "successful");
}
