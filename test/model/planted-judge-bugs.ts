/** Bugs that a careless hand might plant where versions are judged: as patches of the text. */
import type { PlantedBug } from "./planted-bugs.ts";

const wilson = "rollout/judge/wilson.ts";
const guard = "rollout/judge/judge-guard.ts";
const quick = "rollout/judge/quick-look.ts";
const metric = "rollout/judge/judge-metric.ts";
const measured = "rollout/judge/measured.ts";
const sequential = "rollout/judge/sequential.ts";
const windowed = "rollout/judge/comparison-window.ts";
const tally = "rollout/judge/tally.ts";
const quantile = "rollout/judge/normal-quantile.ts";

export const plantedJudgeBugs: readonly PlantedBug[] = [
  {
    name: "the bound is two-sided",
    file: wilson,
    find: "normalQuantile(confidence)",
    replace: "normalQuantile((1 + confidence) / 2)",
    why: "the confidence is one-sided",
  },
  {
    name: "the bound is that of the normal approximation",
    file: wilson,
    find: " + share / (4 * requests)",
    replace: "",
    why: "few requests have few errors by chance",
  },
  {
    name: "the bound is around the observed ratio",
    file: wilson,
    find: "(ratio + share / 2)",
    replace: "ratio",
    why: "Wilson's centre is drawn towards a half",
  },
  {
    name: "one coefficient of the quantile is wrong",
    file: quantile,
    find: "-2.400758277161838",
    replace: "-2.300758277161838",
    why: "99 % are 2.326 standard deviations",
  },
  {
    name: "a look fewer may fail",
    file: guard,
    find: "after.failures > guard.failureLimit",
    replace: "after.failures >= guard.failureLimit",
    why: "failureLimit looks in a row may fail",
  },
  {
    name: "a look that passes does not end the row",
    file: guard,
    find: "memory: { failures: 0, lookedAtMs: nowMs }",
    replace: "memory: { ...memory, lookedAtMs: nowMs }",
    why: "failures count in a row",
  },
  {
    name: "what is not disproven fails",
    file: guard,
    find: 'if (truth !== "true" && quick === undefined) {',
    replace: 'if (truth === "false" && quick === undefined) {',
    why: "only what is proven takes a version out",
  },
  {
    name: "one failed request is a hard trip",
    file: guard,
    find: "requests < minRequests || ",
    replace: "",
    why: "a hard trip has a minimum of its own",
  },
  {
    name: "a clock that went back stops the guard",
    file: guard,
    find: " || waitMs > guard.intervalMs",
    replace: "",
    why: "a guard never waits longer than its interval",
  },
  {
    name: "a look at too little data uses up the interval",
    file: guard,
    find: '{ verdict: "hold", reason: few, memory }',
    replace: '{ verdict: "hold", reason: few, memory: { ...memory, lookedAtMs: nowMs } }',
    why: "data that comes late is looked at when it comes",
  },
  {
    name: "a stretch is judged by too few",
    file: quick,
    find: "if (requestsOf(counts) < guard.minRequests) return undefined;",
    replace: "",
    why: "too little data hold",
  },
  {
    name: "one stretch is enough",
    file: quick,
    find: '!== "true") return undefined;',
    replace: '!== "true") continue;',
    why: "a burst of failures is in one stretch",
  },
  {
    name: "stretches overlap",
    file: quick,
    find: "seen = signal.counts;",
    replace: "",
    why: "a burst of failures would be in all of them",
  },
  {
    name: "the minimum is not enough",
    file: measured,
    find: "requests >= minRequests",
    replace: "requests > minRequests",
    why: "minRequests are enough",
  },
  {
    name: "stale reports are judged",
    file: measured,
    find: "ageMs > limits.judge.staleReportMs",
    replace: "ageMs > 10 * limits.judge.staleReportMs",
    why: "stale data hold",
  },
  {
    name: "what nobody reports any more is judged",
    file: measured,
    find: "if (ageMs === undefined)",
    replace: "if (ageMs === undefined && requestsOf(counts) === 0)",
    why: "no data hold",
  },
  {
    name: "the stable version's rate is known for certain",
    file: sequential,
    find: "logMixture(canary) + logMixture(stable)",
    replace: "logMixture(canary) + logLikelihood(stable, stable.errors / requestsOf(stable))",
    why: "both rates are only estimated",
  },
  {
    name: "the mixture has a weight of pi",
    file: sequential,
    find: " - logBetaHalves(0, 0)",
    replace: "",
    why: "a prior sums up to one",
  },
  {
    name: "worse is what is worse at all",
    file: sequential,
    find: "observed(canary, stable) > maxDelta ?",
    replace: "observed(canary, stable) > 0 ?",
    why: "a difference up to maxDelta is allowed",
  },
  {
    name: "every test spends the whole chance of a false alarm",
    file: windowed,
    find: " / ((begun + 1) * (begun + 2))",
    replace: "",
    why: "the tests of one analysis share it",
  },
  {
    name: "the look-back slides",
    file: windowed,
    find: "lookbackMs: elapsedMs - begun * half,",
    replace: "lookbackMs: Math.min(elapsedMs, lookbackMs),",
    why: "a test is about counts since one moment",
  },
  {
    name: "what is not proven to succeed fails",
    file: metric,
    find: 'failure === undefined && success?.truth === "false"',
    replace: 'failure === undefined && success !== undefined && success.truth !== "true"',
    why: "failure must be proven",
  },
  {
    name: "what is not proven to fail succeeds",
    file: metric,
    find: 'failure?.truth !== "unknown"',
    replace: 'failure?.truth !== "true"',
    why: "success must be proven",
  },
  {
    name: "a failure that nobody can see is none",
    file: metric,
    find: 'missing !== undefined && outcome !== "failed"',
    replace: 'missing !== undefined && outcome === "undecided"',
    why: "no data hold",
  },
  {
    name: "an analysis waits for ever",
    file: metric,
    find: "elapsedMs < metric.lookbackMs",
    replace: "elapsedMs < Number.POSITIVE_INFINITY",
    why: "after its look-back, what is open is inconclusive",
  },
  {
    name: "as many failures as may be are too many",
    file: tally,
    find: "tally.failed > metric.failureLimit",
    replace: "tally.failed >= metric.failureLimit",
    why: "more than failureLimit fail the analysis",
  },
  {
    name: "errors count though one measurement succeeded between",
    file: tally,
    find: "before.consecutiveErrors + 1 : 0",
    replace: "before.consecutiveErrors + 1 : before.consecutiveErrors",
    why: "consecutiveErrorLimit is about errors in a row",
  },
  {
    name: "errors are measurements",
    file: tally,
    find: "tally.successful + tally.failed + tally.inconclusive;",
    replace: "tally.successful + tally.failed + tally.inconclusive + tally.errors;",
    why: "count is of measurements that were made",
  },
  {
    name: "an analysis without a success succeeds",
    file: tally,
    find: "tally.successful > 0 ?",
    replace: "tally.successful >= 0 ?",
    why: "success must be proven",
  },
  {
    name: "a dry run has consequences",
    file: tally,
    find: "metric.dryRun && verdict",
    replace: "metric.dryRun !== metric.dryRun && verdict",
    why: "a dry run has none",
  },
];
