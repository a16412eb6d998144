import { describe, expect, it } from "vitest";
import type { SubsetSignal } from "../../../../src/observe/load/signal.ts";
import { judgeMetric, lookbackOf } from "../../../../src/rollout/judge/judge-metric.ts";
import type { Measured, MeasuredPair } from "../../../../src/rollout/judge/measured.ts";
import { comparison } from "../../../../tools/simulate/default-guard.ts";
import { metricOf, requestsSeen, signalOf, valueSeen } from "./rules.ts";

const below = "result.ratio5xx < 0.01";
const above = "result.ratio5xx > 0.05";

/** Long after the analysis began, unless told otherwise. */
const later = 600_000;

describe("a measurement by conditions", () => {
  // Success needs 537 requests without an error to be proven, failure 4 errors of 20.
  const proven = requestsSeen(0, 600);
  const disproven = requestsSeen(100, 600);
  const between = requestsSeen(15, 600);
  const open = requestsSeen(1, 100);

  it.each([
    ["both", below, above, proven, "successful"],
    ["both", below, above, disproven, "failed"],
    ["both", below, above, between, "inconclusive"],
    ["both", below, above, open, "inconclusive"],
    ["success alone", below, undefined, proven, "successful"],
    ["success alone", below, undefined, disproven, "failed"],
    ["success alone", below, undefined, between, "failed"],
    ["success alone", below, undefined, open, "inconclusive"],
    ["failure alone", undefined, above, proven, "successful"],
    ["failure alone", undefined, above, between, "successful"],
    ["failure alone", undefined, above, disproven, "failed"],
    ["failure alone", undefined, above, open, "inconclusive"],
    ["none", undefined, undefined, disproven, "successful"],
    ["both at once", "result.requests > 1", above, disproven, "failed"],
  ] as const)("with %s: %s, %s of %o is %s", (_name, success, failure, measured, outcome) => {
    expect(judgeMetric(metricOf(success, failure), measured, later).outcome).toBe(outcome);
  });

  it.each([
    [proven, "v2: 0 of 600 requests failed in 120 s (at most 0.9 % with 99 %), less than 1 %"],
    [
      disproven,
      "v2: 100 of 600 requests failed in 120 s (at least 13.4 % with 99 %), more than 5 %",
    ],
    [
      between,
      "v2: 15 of 600 requests failed in 120 s (1.38 % to 4.47 %, each end with 99 %), " +
        "not less than 1 %, not more than 5 %",
    ],
    [requestsSeen(5, 10), "v2: too little data, 10 of the 20 requests needed in 120 s (5 failed)"],
    [requestsSeen(0, 0), "v2: no data, no request ended in 120 s"],
    [requestsSeen(0, 600, { ageMs: 60_000 }), "v2: stale, a proxy has not reported for 60 s"],
  ] as const)("%# says what it sees", (measured, reason) => {
    expect(judgeMetric(metricOf(below, above), measured, later).reason).toBe(reason);
  });

  it.each([
    ["little", requestsSeen(1, 10)],
    ["no", requestsSeen(0, 0)],
    ["stale", requestsSeen(0, 600, { ageMs: 60_000 })],
    ["undecided", open],
  ] as const)("waits with %s data until the look-back is over", (_name, measured) => {
    const outcome = (elapsedMs: number) =>
      judgeMetric(metricOf(below, above), measured, elapsedMs).outcome;
    expect(outcome(0)).toBe("waiting");
    expect(outcome(119_999)).toBe("waiting");
    expect(outcome(120_000)).toBe("inconclusive");
  });

  it("does not wait with what is proven", () => {
    expect(judgeMetric(metricOf(below, above), proven, 0).outcome).toBe("successful");
    expect(judgeMetric(metricOf(below, above), disproven, 0).outcome).toBe("failed");
  });

  it("says which figure is missing", () => {
    const { outcome, reason } = judgeMetric(metricOf("result.queue < 5", above), open, later);
    expect(outcome).toBe("inconclusive");
    expect(reason).toContain("`result.queue` is not known");
  });

  it("takes a failure that nobody could see for none only if it is none", () => {
    const unseen = metricOf(below, "result.queue > 5");
    expect(judgeMetric(unseen, proven, later).outcome).toBe("inconclusive");
    const queue = { metrics: new Map([["queue", { count: 600, total: 600 }]]) };
    expect(judgeMetric(unseen, requestsSeen(0, 600, queue), later).outcome).toBe("successful");
    const either = metricOf(below, "result.queue > 5 || result.ratio5xx > 0.05");
    expect(judgeMetric(either, disproven, later).outcome).toBe("failed");
  });

  it("tells a measurement without conditions", () => {
    expect(judgeMetric(metricOf(undefined, undefined), open, later).reason).toBe(
      "v2: 1 of 100 requests failed in 120 s",
    );
  });
});

describe("a measurement of one number", () => {
  const metric = metricOf("result < 300", "result > 500");

  it.each([
    [valueSeen(200), "successful", "v2: result is 200, `result < 300` holds"],
    [valueSeen(712), "failed", "v2: result is 712, `result > 500` holds"],
    [
      valueSeen(400),
      "inconclusive",
      "v2: result is 400, `result < 300` does not hold, `result > 500` does not hold",
    ],
    [valueSeen(200, 61_000), "inconclusive", "v2: stale, the newest value is 61 s old"],
    [
      { kind: "unavailable", subset: "v2", reason: "the query gave two samples" } as const,
      "error",
      "v2: the query gave two samples",
    ],
  ] as const)("%# is clear from the start", (measured, outcome, reason) => {
    expect(judgeMetric(metric, measured, 0)).toEqual({ outcome, reason });
  });
});

describe("a measurement by comparison", () => {
  const pairOf = (canary: SubsetSignal, stable: SubsetSignal): MeasuredPair => ({
    kind: "pair",
    canary,
    stable: { ...stable, subset: "v1" },
  });

  it.each([
    [signalOf(60, 400), signalOf(40, 4_000), "failed", "worse by more than 1"],
    [signalOf(40, 9_000), signalOf(90, 9_000), "successful", "not worse by more than 1"],
    [signalOf(4, 100), signalOf(10, 1_000), "inconclusive", "neither more nor less than 1"],
    [signalOf(4, 19), signalOf(10, 1_000), "inconclusive", "v2: too little data, 19 of the 20"],
    [signalOf(60, 400), signalOf(1, 19), "inconclusive", "v1: too little data, 19 of the 20"],
    [signalOf(60, 400), signalOf(0, 0), "inconclusive", "v1: no data"],
    [signalOf(60, 400, { ageMs: 60_000 }), signalOf(1, 100), "inconclusive", "v2: stale"],
  ])("%# is decided by both versions", (canary, stable, outcome, words) => {
    const judgement = judgeMetric(comparison, pairOf(canary, stable), later);
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.reason).toContain(words);
  });

  it("tells the counts of both, and how far apart they are", () => {
    const { reason } = judgeMetric(
      comparison,
      pairOf(signalOf(60, 400), signalOf(40, 4_000)),
      60_000,
    );
    expect(reason).toMatch(
      /^v2: 60 of 400 requests failed in 60 s, of v1 40 of 4000 \(difference [\d.]+ to [\d.]+ points with 99 %\), worse by more than 1 point$/,
    );
  });

  it("waits while the analysis is young", () => {
    const pair = pairOf(signalOf(4, 100), signalOf(10, 1_000));
    expect(judgeMetric(comparison, pair, comparison.lookbackMs - 1).outcome).toBe("waiting");
    expect(judgeMetric(comparison, pair, comparison.lookbackMs).outcome).toBe("inconclusive");
  });

  it("looks back to where its test began; conditions look back as they are told", () => {
    expect(lookbackOf(comparison, 60_000)).toBe(60_000);
    expect(lookbackOf(comparison, 900_000)).toBe(300_000);
    expect(lookbackOf(metricOf(below, above), 900_000)).toBe(120_000);
  });

  it("wants more evidence of a later test", () => {
    const pair = pairOf(signalOf(32, 400), signalOf(40, 4_000));
    expect(judgeMetric(comparison, pair, 60_000).outcome).toBe("failed");
    expect(judgeMetric(comparison, pair, 1e12).outcome).toBe("inconclusive");
  });

  it("is an error where what was measured is not what was asked", () => {
    const one: Measured = requestsSeen(1, 100);
    const pair = pairOf(signalOf(1, 100), signalOf(1, 100));
    expect(judgeMetric(comparison, one, later).outcome).toBe("error");
    expect(judgeMetric(comparison, valueSeen(1), later).outcome).toBe("error");
    expect(judgeMetric(metricOf(below, above), pair, later).outcome).toBe("error");
  });
});
