/** The functions that judge a version against the oracle, over random rules and counts. */
import fc from "fast-check";
import { expect } from "vitest";
import { limits } from "../../src/config/limits.ts";
import type { MetricTally } from "../../src/model/rollout-status.ts";
import { noCounts, type SubsetSignal } from "../../src/observe/load/signal.ts";
import { judgeGuard } from "../../src/rollout/judge/judge-guard.ts";
import { judgeMetric, lookbackOf } from "../../src/rollout/judge/judge-metric.ts";
import {
  analysisVerdict,
  type MeasurementOutcome,
  tallyOf,
} from "../../src/rollout/judge/tally.ts";
import { comparison, conditionOf, defaultGuard } from "../../tools/simulate/default-guard.ts";
import {
  comparisonOutcome,
  comparisonTest,
  conditionsOutcome,
  deviations,
  guardVerdict,
  TooClose,
  verdictAfter,
} from "./judge-oracle.ts";

export const judge = { judgeGuard, judgeMetric, lookbackOf, tallyOf, analysisVerdict };
export type Judge = typeof judge;

export interface Plays {
  readonly runs: number;
  readonly seed: number;
  readonly shrinks?: boolean;
  readonly parts?: readonly Part[];
}

/** Parts of the judge that can be held against the oracle by themselves. */
export type Part = "guards" | "conditions" | "comparisons" | "tallies";

/** Throws where the judge and the oracle differ. */
export function checkJudge(
  judged: Judge,
  { runs, seed, shrinks = true, parts = allParts }: Plays,
): void {
  const options = { numRuns: runs, seed, endOnFailure: !shrinks };
  if (parts.includes("guards")) fc.assert(guards(judged), options);
  if (parts.includes("conditions")) fc.assert(conditions(judged), options);
  if (parts.includes("comparisons")) fc.assert(comparisons(judged), options);
  if (parts.includes("tallies")) fc.assert(tallies(judged), options);
}

const allParts: readonly Part[] = ["guards", "conditions", "comparisons", "tallies"];

const confidence = fc.constantFrom(...deviations.keys());

/** Ratios near those that are asked for, so that every verdict is met. */
const signals: fc.Arbitrary<SubsetSignal> = fc
  .record({
    requests: fc.oneof(fc.nat(40), fc.nat(400), fc.nat(3_000)),
    ratio: fc.oneof(fc.constantFrom(0, 0.01, 0.5, 1), fc.double({ max: 0.2, min: 0, noNaN: true })),
    ageMs: fc.oneof(
      { weight: 9, arbitrary: fc.nat(limits.judge.staleReportMs) },
      { weight: 1, arbitrary: fc.integer({ min: limits.judge.staleReportMs + 1, max: 60_000 }) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  })
  .map(({ requests, ratio, ageMs }) => {
    const errors = Math.round(requests * ratio);
    return {
      subset: "v2",
      counts: { ok: requests - errors, errors },
      inProgress: 0,
      metrics: new Map(),
      ageMs,
      reporters: 1,
    };
  });

const bound = fc.constantFrom(0.01, 0.02, 0.05, 0.1);

/** Skips what cannot be told apart by floating point numbers. */
function told<T>(of: () => T): T | undefined {
  try {
    return of();
  } catch (error) {
    if (error instanceof TooClose) return undefined;
    throw error;
  }
}

const guards = (judged: Judge) =>
  fc.property(
    fc.record({
      confidence,
      minRequests: fc.nat(60),
      failureLimit: fc.nat(2),
      hardTrip: fc.option(
        fc.record({
          minRequests: fc.integer({ min: 1, max: 30 }),
          ratio: fc.constantFrom(0.25, 0.5, 1),
        }),
        { nil: undefined },
      ),
    }),
    bound,
    signals,
    fc.array(signals, { maxLength: 2 }),
    fc.nat(3),
    fc.option(fc.integer({ min: -10_000, max: 20_000 }), { nil: undefined }),
    (settings, threshold, signal, parts, failures, ago) => {
      const nowMs = 1_000_000;
      const failureCondition = conditionOf(`result.ratio5xx > ${threshold}`);
      const guard = { ...defaultGuard, ...settings, failureCondition };
      const memory = { failures, lookedAtMs: ago === undefined ? undefined : nowMs - ago };
      let counts = noCounts;
      const recent = parts.map((part, at) => {
        const { ok, errors } = part.counts;
        counts = { ok: counts.ok + ok, errors: counts.errors + errors };
        return { lookbackMs: (at + 1) * 3_000, signal: { ...part, counts } };
      });
      const measured = { kind: "requests", signal, recent } as const;
      const expected = told(() => guardVerdict(guard, threshold, measured, memory, nowMs));
      if (expected === undefined) return;
      const found = judged.judgeGuard(guard, measured, memory, nowMs);
      expect(found).toMatchObject(expected);
    },
  );

const elapsed = fc.nat(1_000_000);
const rigour = fc.record({
  confidence,
  minRequests: fc.nat(60),
  lookbackMs: fc.constantFrom(60_000, 120_000, 600_000),
});

const conditions = (judged: Judge) =>
  fc.property(
    rigour,
    fc.record({
      good: fc.option(bound, { nil: undefined }),
      bad: fc.option(bound, { nil: undefined }),
      blind: fc.boolean(),
    }),
    signals,
    elapsed,
    (settings, bounds, signal, elapsedMs) => {
      const { good, bad, blind } = bounds;
      const unseen = blind ? " || result.unseen > 1" : "";
      const success = good === undefined ? good : conditionOf(`result.ratio5xx < ${good}`);
      const failure = bad === undefined ? bad : conditionOf(`result.ratio5xx > ${bad}${unseen}`);
      const metric = {
        ...comparison,
        ...settings,
        judge: { kind: "conditions", success, failure } as const,
      };
      const expected = told(() => conditionsOutcome(metric, bounds, signal, elapsedMs));
      if (expected === undefined) return;
      const found = judged.judgeMetric(metric, { kind: "requests", signal }, elapsedMs);
      expect(found.outcome).toBe(expected);
    },
  );

const comparisons = (judged: Judge) =>
  fc.property(
    rigour,
    fc.constantFrom(0, 0.01, 0.05),
    signals,
    signals,
    elapsed,
    (settings, maxDelta, canary, stable, elapsedMs) => {
      const metric = { ...comparison, ...settings, judge: { kind: "compare", maxDelta } as const };
      const { lookbackMs } = comparisonTest(metric, elapsedMs);
      expect(judged.lookbackOf(metric, elapsedMs)).toBe(lookbackMs);
      const expected = told(() => comparisonOutcome(metric, maxDelta, canary, stable, elapsedMs));
      if (expected === undefined) return;
      const found = judged.judgeMetric(metric, { kind: "pair", canary, stable }, elapsedMs);
      expect(found.outcome).toBe(expected);
    },
  );

const outcomes = fc.array(
  fc.constantFrom<MeasurementOutcome>("successful", "failed", "inconclusive", "error", "waiting"),
  { maxLength: 12 },
);

const tallies = (judged: Judge) =>
  fc.property(
    outcomes,
    fc.record({
      count: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      failureLimit: fc.nat(3),
      inconclusiveLimit: fc.nat(3),
      consecutiveErrorLimit: fc.nat(3),
      dryRun: fc.boolean(),
    }),
    (list, settings) => {
      const metric = { ...comparison, ...settings };
      let tally: MetricTally | undefined;
      for (const [at, outcome] of list.entries()) tally = judged.tallyOf(tally, outcome, at);
      expect(judged.analysisVerdict(metric, tally)).toBe(verdictAfter(metric, list));
    },
  );
