import assert from "node:assert/strict";
import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { ok } from "../../../src/lib/result.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import type { Rollout } from "../../../src/model/rollout.ts";
import type { RolloutStatus } from "../../../src/model/rollout-status.ts";
import { begun } from "../../../src/rollout/release/status-changes.ts";
import { ReleaseMeasurements } from "../../../src/rollout/release-measurements.ts";
import { conditionOf } from "../../../tools/simulate/default-guard.ts";
import { analysis, metric, rolloutOf } from "../../support/releases.ts";
import { settled } from "../../support/settle.ts";

const startedMs = 1_000_000;
/** Of v2 and v1 alike. */
let requests: number;
let lookbacks: number[];
let measurements: ReleaseMeasurements;

const comparison = metric("errors", { intervalMs: 10_000, count: undefined });
const plain = rolloutOf([analysis(comparison)]);

beforeEach(() => {
  requests = 5_000;
  lookbacks = [];
  measurements = new ReleaseMeasurements({
    signal: (_service, subset, lookbackMs) => {
      lookbacks.push(lookbackMs);
      const counts = { ok: requests, errors: 0 };
      return { subset, counts, inProgress: 0, metrics: new Map(), ageMs: 0, reporters: 1 };
    },
    provider: { measure: () => new Promise(() => undefined) },
    onAnswer: () => undefined,
  });
});

const statusOf = (rollout: Rollout, more: Partial<RolloutStatus> = {}): RolloutStatus => ({
  ...begun(rollout, undefined, { nowMs: startedMs, operation: "x" }),
  reachedMs: startedMs,
  ...more,
});

describe("measurements of a release", () => {
  it("look back no further than to the beginning of their analysis", () => {
    const tallies = measurements.measure(plain, statusOf(plain), startedMs + 3_000);
    expect(lookbacks).toEqual([3_000, 3_000]);
    expect(tallies?.get("errors")).toMatchObject({ successful: 1, lastAtMs: startedMs + 3_000 });
  });

  it("leave out what proxies may report of the time before a retry", () => {
    const status = statusOf(plain, { retriedMs: startedMs });
    const { lateMs } = limits.load;
    expect(measurements.measure(plain, status, startedMs + lateMs)).toBeUndefined();
    expect(lookbacks).toEqual([]);
    measurements.measure(plain, status, startedMs + lateMs + 3_000);
    expect(lookbacks).toEqual([3_000, 3_000]);
  });

  it("are made once in an interval, also while they decide nothing", () => {
    requests = 3;
    const status = statusOf(plain);
    for (let second = 0; second <= 25; second++) {
      expect(measurements.measure(plain, status, startedMs + second * 1_000)).toBeUndefined();
    }
    expect(lookbacks).toHaveLength(6);
  });

  it("go on where the clock went back", () => {
    const late = startedMs + 3_600_000;
    const tally = {
      ...{ successful: 1, failed: 0, inconclusive: 0, errors: 0, consecutiveErrors: 0 },
      lastAtMs: late,
    };
    const status = statusOf(plain, { tallies: new Map([["errors", tally]]) });
    expect(measurements.measure(plain, status, startedMs + 20_000)).toBeDefined();
  });

  it("take no answer from before another replica led, however long that was", async () => {
    const provider = { kind: "web", url: "http://127.0.0.1/", jsonPath: "$.x" } as const;
    const judge = { kind: "conditions", success: conditionOf("result < 5") } as const;
    const asking = rolloutOf([
      analysis(metric("errors", { provider, judge: { ...judge, failure: undefined } })),
    ]);
    let asked = 0;
    measurements = new ReleaseMeasurements({
      signal: () => assert.fail("proxies are not asked"),
      provider: {
        measure: async () => {
          asked += 1;
          return ok({ value: 1, atMs: startedMs, ageMs: 0 });
        },
      },
      onAnswer: () => undefined,
    });
    const measure = (afterMs: number) =>
      measurements.measure(asking, statusOf(asking), startedMs + afterMs)?.get("errors");
    expect(measure(20_000)).toBeUndefined();
    await settled();
    measurements.forget();
    expect(measure(3_600_000)).toBeUndefined();
    await settled();
    expect(measure(3_600_000)).toMatchObject({ successful: 1 });
    expect(asked).toBe(2);
  });

  it("ask no other provider after a retry until its figures can be of the time since", async () => {
    const provider = { kind: "web", url: "http://127.0.0.1/", jsonPath: "$.x" } as const;
    const success = conditionOf("result < 5");
    const judge = { kind: "conditions", success, failure: undefined } as const;
    const asking = rolloutOf([analysis(metric("errors", { provider, judge }))]);
    const asked: number[] = [];
    let nowMs = startedMs;
    measurements = new ReleaseMeasurements({
      signal: () => assert.fail("proxies are not asked"),
      provider: {
        measure: async () => {
          asked.push(nowMs);
          return ok({ value: 9, atMs: nowMs, ageMs: 0 });
        },
      },
      onAnswer: () => undefined,
    });
    const retriedMs = startedMs - 10_000;
    const untilMs = retriedMs + metric("errors").lookbackMs;
    const status = statusOf(asking, { retriedMs });
    for (; nowMs < untilMs; nowMs += 1_000) measurements.measure(asking, status, nowMs);
    expect(asked).toEqual([]);
    measurements.measure(asking, status, nowMs);
    expect(asked).toEqual([untilMs]);
    await settled();
    // By a clock that was ahead, or has gone back since.
    const ahead = statusOf(asking, { retriedMs: nowMs + 86_400_000 });
    expect(measurements.measure(asking, ahead, nowMs)?.get("errors")).toMatchObject({ failed: 1 });
  });

  it("are made of no release that is aborted, complete, promoted or another one", () => {
    const aborted = { atMs: 1, by: "ann", reason: "x" };
    for (const more of [
      { aborted },
      { phase: "Healthy" as const },
      { promoted: "step" as const },
      { specHash: "other" },
      { reachedMs: undefined },
    ]) {
      const status = statusOf(plain, more);
      expect(measurements.measure(plain, status, startedMs + 20_000)).toBeUndefined();
    }
  });

  it("are told by their tallies alone where there are too many to remember", () => {
    const of = (n: number): Rollout => ({ ...plain, service: `s${n}` as ServiceName });
    const evidence = (n: number, status: RolloutStatus) =>
      measurements.findings(of(n), status).get("errors")?.evidence;
    const tallies = measurements.measure(of(0), statusOf(plain), startedMs + 5_000);
    const status = statusOf(plain, { tallies: tallies ?? new Map() });
    expect(evidence(0, status)).toMatch(/^1 measurement, successful: v2: 0 of 5000 /);
    for (let n = 1; n <= limits.rollout.rememberedLooks; n++) {
      measurements.measure(of(n), statusOf(plain), startedMs + 5_000);
    }
    expect(evidence(0, status)).toBe("1 measurement, successful");
    expect(evidence(1, status)).toMatch(/^1 measurement, successful: v2: /);
  });
});
