import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnalysisMetric } from "../../../../src/model/rollout.ts";
import type { MetricTally } from "../../../../src/model/rollout-status.ts";
import {
  type AnalysisVerdict,
  analysisVerdict,
  dueAtMs,
  type MeasurementOutcome,
  tallyOf,
} from "../../../../src/rollout/judge/tally.ts";
import { metricOf } from "./rules.ts";

const metric = (changes: Partial<AnalysisMetric> = {}): AnalysisMetric =>
  metricOf("result > 1", undefined, {
    count: 3,
    failureLimit: 0,
    inconclusiveLimit: 0,
    consecutiveErrorLimit: 4,
    intervalMs: 30_000,
    initialDelayMs: 10_000,
    ...changes,
  });

const outcomes = {
  s: "successful",
  f: "failed",
  i: "inconclusive",
  e: "error",
  w: "waiting",
} as const;

/** `ssf`: two successes, then a failure. */
function tallied(text: string): MetricTally | undefined {
  let tally: MetricTally | undefined;
  for (const [index, letter] of [...text].entries()) {
    tally = tallyOf(tally, outcomes[letter as keyof typeof outcomes], index * 30_000);
  }
  return tally;
}

describe("an analysis", () => {
  it.each<[string, Partial<AnalysisMetric>, AnalysisVerdict]>([
    ["", {}, "running"],
    ["ss", {}, "running"],
    ["sss", {}, "successful"],
    ["f", {}, "failed"],
    ["ssf", {}, "failed"],
    ["fs", { failureLimit: 1 }, "running"],
    ["fss", { failureLimit: 1 }, "successful"],
    ["fsf", { failureLimit: 1 }, "failed"],
    ["i", {}, "inconclusive"],
    ["is", { inconclusiveLimit: 1 }, "running"],
    ["isi", { inconclusiveLimit: 1 }, "inconclusive"],
    ["iss", { inconclusiveLimit: 1 }, "successful"],
    // Argo calls these successful; nothing was proven.
    ["iii", { inconclusiveLimit: 3 }, "inconclusive"],
    ["fff", { failureLimit: 3 }, "inconclusive"],
    ["eeee", {}, "running"],
    ["eeeee", {}, "error"],
    ["eeeeseeee", {}, "running"],
    ["eeeesss", {}, "successful"],
    ["eeewee", {}, "running"],
    ["wwwwwwwwww", {}, "running"],
    ["wwsswws", {}, "successful"],
    ["ssssssssss", { count: undefined }, "running"],
    ["ssssf", { count: undefined }, "failed"],
    ["fsi", { inconclusiveLimit: 1 }, "failed"],
    ["f", { dryRun: true }, "successful"],
    ["i", { dryRun: true }, "successful"],
    ["eeeee", { dryRun: true }, "successful"],
    ["ss", { dryRun: true }, "running"],
  ])("of %j with %j is %s", (text, changes, verdict) => {
    expect(analysisVerdict(metric(changes), tallied(text))).toBe(verdict);
  });

  it("measures after its delay, and then at its interval, waiting or not", () => {
    expect(dueAtMs(metric(), undefined, 5_000)).toBe(15_000);
    expect(dueAtMs(metric(), tallyOf(undefined, "waiting", 15_000), 5_000)).toBe(45_000);
    expect(dueAtMs(metric(), tallied("sss"), 0)).toBe(90_000);
  });

  const outcome = fc.constantFrom<MeasurementOutcome>(...Object.values(outcomes));
  const limits = fc.record({
    count: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
    failureLimit: fc.nat(3),
    inconclusiveLimit: fc.nat(3),
    consecutiveErrorLimit: fc.nat(3),
  });

  const tallyOfAll = (list: readonly MeasurementOutcome[]): MetricTally | undefined =>
    list.reduce<MetricTally | undefined>((tally, each, at) => tallyOf(tally, each, at), undefined);

  it("counts every measurement once, and waiting as none", () => {
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1 }), (list) => {
        const tally = tallyOfAll(list);
        const count = (which: MeasurementOutcome) => list.filter((each) => each === which).length;
        expect(tally).toEqual({
          successful: count("successful"),
          failed: count("failed"),
          inconclusive: count("inconclusive"),
          errors: count("error"),
          consecutiveErrors: list.length - 1 - list.findLastIndex((each) => each !== "error"),
          lastAtMs: list.length - 1,
        });
      }),
    );
  });

  it("is never successful without a success, nor beyond a limit", () => {
    fc.assert(
      fc.property(fc.array(outcome), limits, (list, changes) => {
        const verdict = analysisVerdict(metric(changes), tallyOfAll(list));
        const count = (which: MeasurementOutcome) => list.filter((each) => each === which).length;
        if (verdict === "successful") {
          expect(count("successful")).toBeGreaterThan(0);
          expect(count("failed")).toBeLessThanOrEqual(changes.failureLimit);
          expect(count("inconclusive")).toBeLessThanOrEqual(changes.inconclusiveLimit);
        }
        if (count("failed") > changes.failureLimit) expect(verdict).toBe("failed");
        if (changes.count === undefined) expect(verdict).not.toBe("successful");
      }),
      { numRuns: 1_000 },
    );
  });

  it("ends within its count, if it can be measured and does not wait", () => {
    const settled = fc.constantFrom<MeasurementOutcome>("successful", "failed", "inconclusive");
    fc.assert(
      fc.property(fc.array(settled, { minLength: 10, maxLength: 10 }), limits, (list, changes) => {
        const verdict = analysisVerdict(metric({ ...changes, count: 10 }), tallyOfAll(list));
        expect(verdict).not.toBe("running");
      }),
    );
  });
});
