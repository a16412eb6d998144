import { describe, expect, it } from "vitest";
import type { Guard } from "../../../src/model/guard.ts";
import { judgeGuard } from "../../../src/rollout/judge/judge-guard.ts";
import { repeated, timesOf } from "../../../tools/simulate/cells.ts";
import { provenOf } from "../../../tools/simulate/comparison-run.ts";
import { comparison, defaultGuard } from "../../../tools/simulate/default-guard.ts";
import { tripOf } from "../../../tools/simulate/guard-run.ts";
import { parseOptions, usage } from "../../../tools/simulate/options.ts";
import { Reports } from "../../../tools/simulate/reports.ts";
import { comparisonTable, guardTable } from "../../../tools/simulate/tables.ts";
import { type TrafficShape, trafficOf } from "../../../tools/simulate/traffic.ts";
import { withinBinomial } from "../../support/binomial.ts";
import { seed } from "../../support/seed.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const rates = [0.5, 2, 10] as const;
const runs = 300;
const lengthMs = 600_000;

const traffic = (changes: Partial<TrafficShape> = {}): TrafficShape => ({
  perSecond: 2,
  ratio: 0.01,
  ratioBefore: 0.01,
  onsetMs: 0,
  burst: 1,
  ...changes,
});

function trips(
  changes: Partial<TrafficShape>,
  guard: Guard = defaultGuard,
  judge: typeof judgeGuard = judgeGuard,
): readonly (number | undefined)[] {
  const scene = { guard, traffic: traffic(changes), reportMs: 2_000, lengthMs };
  return repeated(runs, seed, JSON.stringify(changes), (random) => tripOf(scene, random, judge));
}

const count = (found: readonly (number | undefined)[]): number =>
  found.filter((atMs) => atMs !== undefined).length;

describe("the default guard, in 300 releases of 10 minutes", () => {
  it.each(rates)("takes no good canary out, at %d requests/s", (perSecond) => {
    expect(count(trips({ perSecond, ratio: 0.01 }))).toBeLessThanOrEqual(runs / 100);
    expect(count(trips({ perSecond, ratio: 0 }))).toBe(0);
  });

  it.each(rates)("catches every canary that fails 30 %%, at %d requests/s", (perSecond) => {
    expect(count(trips({ perSecond, ratio: 0.3 }))).toBe(runs);
  });

  it.each(rates)("catches every canary that fails altogether, at %d requests/s", (perSecond) => {
    const found = timesOf(trips({ perSecond, ratio: 1 }), 0);
    expect(found.late).toBe(runs);
    // Ten requests are enough: a Poisson process has them within twice their time and a half.
    expect(found.worstMs ?? Number.POSITIVE_INFINITY).toBeLessThan((25 / perSecond) * 1000 + 8_000);
  });

  it.each([2, 10])("catches 30 %% that begin late, at %d requests/s", (perSecond) => {
    const found = timesOf(trips({ perSecond, ratio: 0.3, onsetMs: 300_000 }), 300_000);
    expect(found.late + found.early).toBe(runs);
    expect(found.worstMs).toBeLessThan(120_000);
  });

  it("catches 30 % that begin late within 20 s, at 20 requests/s", () => {
    const found = timesOf(trips({ perSecond: 20, ratio: 0.3, onsetMs: 300_000 }), 300_000);
    expect(found.late).toBe(runs);
    expect(found.medianMs).toBeLessThanOrEqual(14_000);
    expect(found.worstMs).toBeLessThanOrEqual(20_000);
  });

  it("takes no good canary out either if it looks at every report", () => {
    const restless: typeof judgeGuard = (guard, measured, memory, nowMs) =>
      judgeGuard(guard, measured, { ...memory, lookedAtMs: undefined }, nowMs);
    for (const perSecond of rates) {
      const found = count(trips({ perSecond }, defaultGuard, restless));
      expect(found).toBeLessThanOrEqual(runs / 100);
    }
  });
});

describe("the simulation notices a guard that is wrong:", () => {
  it("one that acts on the observed ratio", () => {
    const naive: Guard = { ...defaultGuard, confidence: 0.5 };
    expect(count(trips({ perSecond: 0.5 }, naive))).toBeGreaterThan(runs / 20);
  });

  it("one that wants its requests within the interval", () => {
    const impatient: Guard = { ...defaultGuard, lookbackMs: 5_000 };
    expect(count(trips({ perSecond: 0.5, ratio: 1 }, impatient))).toBeLessThan(runs);
  });

  it("one that looks at the whole of its look-back only", () => {
    const slow: typeof judgeGuard = (guard, measured, memory, nowMs) =>
      measured.kind === "requests"
        ? judgeGuard(guard, { kind: "requests", signal: measured.signal }, memory, nowMs)
        : judgeGuard(guard, measured, memory, nowMs);
    const scene = { perSecond: 20, ratio: 0.3, onsetMs: 300_000 };
    const found = timesOf(trips(scene, defaultGuard, slow), 300_000);
    expect(found.medianMs).toBeGreaterThan(20_000);
  });

  it("one that takes the version out when it cannot say", () => {
    const hasty: typeof judgeGuard = (...asked) => {
      const judgement = judgeGuard(...asked);
      return judgement.verdict === "hold" ? { ...judgement, verdict: "fail" } : judgement;
    };
    expect(count(trips({}, defaultGuard, hasty))).toBe(runs);
  });
});

describe("the comparison with the stable version", () => {
  const steady = (perSecond: number, ratio: number): TrafficShape => traffic({ perSecond, ratio });

  const proven = (canaryRatio: number, maxDelta: number, minutes: number) =>
    repeated(100, seed, `${canaryRatio} ${maxDelta}`, (random) =>
      provenOf(
        {
          metric: {
            ...comparison,
            intervalMs: 10_000,
            lookbackMs: 300_000,
            judge: { kind: "compare", maxDelta },
          },
          canary: steady(5, canaryRatio),
          stable: steady(15, 0.03),
          reportMs: 2_000,
          lengthMs: minutes * 60_000,
        },
        random,
      ),
    );

  it("decides nothing, in half an hour, of a canary that is just as bad as allowed", () => {
    const found = proven(0.05, 0.02, 30);
    const failed = found.filter(({ failedMs }) => failedMs !== undefined);
    const passed = found.filter(({ successfulMs }) => successfulMs !== undefined);
    // One in a hundred each, and in truth far fewer.
    expect(failed.length).toBeLessThanOrEqual(1);
    expect(passed.length).toBeLessThanOrEqual(1);
  });

  it("finds one that is much worse within minutes", () => {
    const times = timesOf(
      proven(0.3, 0.02, 5).map(({ failedMs }) => failedMs),
      0,
    );
    expect(times.late).toBe(100);
    expect(times.worstMs).toBeLessThan(120_000);
  });
});

describe("the traffic", () => {
  it.each([
    [0.01, 1],
    [0.3, 1],
    [0.3, 5],
    [0.01, 20],
    [1, 5],
    [0, 5],
  ])("fails %d of its requests, in rows of %d", (ratio, burst) => {
    const until = trafficOf(traffic({ perSecond: 100, ratio, burst }), seededRandom(seed));
    const { ok, errors } = until(1_000_000);
    const requests = ok + errors;
    expect(Math.abs(requests - 100_000)).toBeLessThan(5 * Math.sqrt(100_000));
    // Rows of failures make fewer independent trials of them.
    const trials = Math.round(requests / (2 * burst));
    const errorsOfTrials = Math.round((errors / requests) * trials);
    expect(withinBinomial(errorsOfTrials, trials, ratio, 0.9999)).toBe(true);
  });

  it("has rows of failures as long as asked for, in the mean", () => {
    const until = trafficOf(
      traffic({ perSecond: 1_000, ratio: 0.05, burst: 5 }),
      seededRandom(seed),
    );
    let rows = 0;
    let errors = 0;
    let before = false;
    for (let ms = 1; ms < 200_000; ms += 1) {
      // About one request at a time; two at once would only join rows.
      const counts = until(ms / 10);
      if (counts.errors > 0 && !before) rows += 1;
      errors += counts.errors;
      if (counts.ok + counts.errors > 0) before = counts.errors > 0;
    }
    expect(errors / rows).toBeGreaterThan(3.5);
    expect(errors / rows).toBeLessThan(6.5);
  });

  it("changes at its onset", () => {
    const shape = traffic({ perSecond: 100, ratio: 1, ratioBefore: 0, onsetMs: 10_000 });
    const until = trafficOf(shape, seededRandom(seed));
    expect(until(10_000).errors).toBe(0);
    expect(until(20_000).ok).toBe(0);
  });

  it("is the same for the same seed", () => {
    const play = (from: number) => repeated(3, from, "scene", (random) => random());
    expect(play(1)).toEqual(play(1));
    expect(new Set([...play(1), ...play(2)]).size).toBe(6);
  });
});

describe("the look-back of a simulated signal", () => {
  it("has the reports that came within it", () => {
    const reports = new Reports("v2");
    for (const [second, errors] of [1, 2, 4, 8].entries()) {
      reports.add((second + 1) * 1_000, { ok: 10, errors });
    }
    expect(reports.signal(2_000, 4_000).counts).toEqual({ ok: 20, errors: 12 });
    expect(reports.signal(0, 4_000).counts).toEqual({ ok: 0, errors: 0 });
    expect(reports.signal(60_000, 4_000).counts).toEqual({ ok: 40, errors: 15 });
  });
});

describe("npm run simulate", () => {
  const parsed = (text: string) => parseOptions(text === "" ? [] : text.split(" "));

  it("has the issue's defaults", () => {
    expect(parsed("")).toMatchObject({
      ok: true,
      value: { runs: 300, minutes: 10, rates: [0.5, 2, 10], guard: defaultGuard, comparison },
    });
  });

  it("takes a guard's settings", () => {
    const text = "--interval 10 --hard-trip off --min-requests 50 --condition result.errors>3";
    expect(parsed(text)).toMatchObject({
      ok: true,
      value: {
        guard: {
          intervalMs: 10_000,
          hardTrip: undefined,
          minRequests: 50,
          failureCondition: { text: "result.errors>3" },
        },
      },
    });
  });

  it("shows every flag for --help", () => {
    expect(parsed("--help")).toEqual({ ok: true, value: "help" });
    const named = [...usage.matchAll(/--([a-z][a-z-]+)/g)].map(([, name = ""]) => name);
    for (const name of named) {
      const answer = parsed(`--${name}`);
      if (!answer.ok) expect(answer.error).not.toContain("Unknown option");
    }
    expect(named.length).toBeGreaterThan(18);
  });

  it.each([
    ["--bogus", "Unknown option '--bogus'"],
    ["--runs none", "--runs none: expected a number from 1 to"],
    ["--rates 1,,2", "--rates : expected a number"],
    ["--errors 101", "--errors 101: expected a number from 0 to 100"],
    ["--hard-trip 1:2:3", "expected 10:0.5 or off"],
    ["--condition result", "--condition: at character 7"],
  ])("refuses %s in words", (text, words) => {
    const answer = parsed(text);
    expect(answer.ok ? "" : answer.error).toContain(words);
  });

  it("prints a row for each cell", () => {
    const small = parsed("--runs 3 --minutes 2 --rates 2 --errors 0,30");
    if (!small.ok || small.value === "help") throw new Error("expected a simulation");
    const guardRows = guardTable(small.value, 1);
    // A head of two, 0 % and 30 % from the start, 30 % from the middle.
    expect(guardRows).toHaveLength(5);
    expect(guardRows[2]).toBe("| 2 | 0 % | the start | 0 % |  |  |  |");
    expect(guardRows[4]).toMatch(/^\| 2 \| 30 % \| minute 1 \| \d+/);
    expect(comparisonTable(small.value, 1)).toHaveLength(4);
    expect(guardTable(small.value, 1)).toEqual(guardRows);
  });
});
