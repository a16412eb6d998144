import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Counts } from "../../../../src/observe/load/signal.ts";
import { logBetaHalves, logGamma } from "../../../../src/rollout/judge/log-beta.ts";
import {
  compareRates,
  differenceBounds,
  logEvidence,
} from "../../../../src/rollout/judge/sequential.ts";
import { binomialInterval } from "../../../support/binomial.ts";
import { seededRandom } from "../../../support/seeded-random.ts";

const of = (errors: number, requests: number): Counts => ({ ok: requests - errors, errors });
const ratio = ({ ok, errors }: Counts): number => errors / (ok + errors);

describe("the gamma and beta functions", () => {
  it.each([
    [0.5, Math.log(Math.PI) / 2],
    [1, 0],
    [2, 0],
    [10, Math.log(362_880)],
    [100, 359.134205369575],
  ])("log gamma of %d is %d", (x, expected) => {
    expect(logGamma(x)).toBeCloseTo(expected, 9);
  });

  it("keep their recurrence", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 50, noNaN: true }), (x) => {
        expect(logGamma(x + 1) - logGamma(x)).toBeCloseTo(Math.log(x), 9);
      }),
    );
  });

  it("are those of Jeffreys' prior", () => {
    expect(Math.exp(logBetaHalves(0, 0))).toBeCloseTo(Math.PI, 9);
    expect(Math.exp(logBetaHalves(1, 0))).toBeCloseTo(Math.PI / 2, 9);
    expect(Math.exp(logBetaHalves(1, 1))).toBeCloseTo(Math.PI / 8, 9);
  });
});

describe("canary against stable", () => {
  it.each([
    ["many failures against few", of(15, 50), of(5, 500), 0.01, "worse"],
    ["all against none", of(10, 10), of(0, 100), 0.01, "worse"],
    ["a few more, of few", of(2, 50), of(5, 500), 0.01, "undecided"],
    ["the same, of few", of(1, 100), of(10, 1_000), 0.01, "undecided"],
    ["the same, of many", of(100, 10_000), of(900, 90_000), 0.01, "notWorse"],
    ["better", of(0, 400), of(100, 1_000), 0.01, "notWorse"],
    ["worse, but within what is allowed", of(200, 10_000), of(900, 90_000), 0.05, "notWorse"],
    ["nothing of the canary", of(0, 0), of(5, 500), 0.01, "undecided"],
    ["nothing of the stable version", of(50, 50), of(0, 0), 0.01, "undecided"],
    ["nothing at all", of(0, 0), of(0, 0), 0, "undecided"],
  ] as const)("%s", (_name, canary, stable, maxDelta, verdict) => {
    expect(compareRates(canary, stable, maxDelta, 0.01)).toBe(verdict);
  });

  it("needs more evidence the less it may be wrong", () => {
    expect(compareRates(of(15, 60), of(6, 600), 0.01, 0.01)).toBe("worse");
    expect(compareRates(of(15, 60), of(6, 600), 0.01, 1e-9)).toBe("undecided");
  });

  it("is told by bounds that agree with the verdict", () => {
    const arm = fc.record({ ok: fc.nat(2_000), errors: fc.nat(300) });
    const delta = fc.double({ min: 0, max: 0.3, noNaN: true });
    fc.assert(
      fc.property(arm, arm, delta, (canary, stable, maxDelta) => {
        const verdict = compareRates(canary, stable, maxDelta, 0.01);
        const { low, high } = differenceBounds(canary, stable, 0.01);
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        if (canary.ok + canary.errors > 0 && stable.ok + stable.errors > 0) {
          const seen = ratio(canary) - ratio(stable);
          expect(low <= seen && seen <= high).toBe(true);
        }
        if (verdict === "worse") expect(low).toBeGreaterThan(maxDelta - 1e-6);
        if (verdict === "notWorse") expect(high).toBeLessThan(maxDelta + 1e-6);
        if (verdict === "undecided") {
          expect(low <= maxDelta + 1e-6 && high >= maxDelta - 1e-6).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is the same seen from the other side", () => {
    const arm = fc.record({ ok: fc.nat(2_000), errors: fc.nat(300) });
    fc.assert(
      fc.property(arm, arm, (one, other) => {
        const there = differenceBounds(one, other, 0.01);
        const back = differenceBounds(other, one, 0.01);
        expect(back.low).toBeCloseTo(-there.high, 5);
        expect(back.high).toBeCloseTo(-there.low, 5);
      }),
      { numRuns: 200 },
    );
  });

  it("never takes a worse version for a better one", () => {
    const arm = fc.record({ ok: fc.integer({ min: 1, max: 2_000 }), errors: fc.nat(300) });
    const delta = fc.double({ min: 0, max: 0.2, noNaN: true });
    const order = ["notWorse", "undecided", "worse"];
    fc.assert(
      fc.property(arm, arm, delta, fc.integer({ min: 1, max: 20 }), (canary, stable, most, n) => {
        const more = Math.min(n, canary.ok);
        const worse = { ok: canary.ok - more, errors: canary.errors + more };
        const before = order.indexOf(compareRates(canary, stable, most, 0.01));
        expect(order.indexOf(compareRates(worse, stable, most, 0.01))).toBeGreaterThanOrEqual(
          before,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the evidence", () => {
  /** Chance of k among n. */
  const chance = (k: number, n: number, p: number): number => {
    const choose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
    const log = (count: number, q: number): number => (count === 0 ? 0 : count * Math.log(q));
    return Math.exp(choose + log(k, p) + log(n - k, 1 - p));
  };

  /** Its mean over all outcomes, where the canary's rate is not above (or not below) the bound. */
  function mean(sizes: readonly [number, number], p: number, q: number, delta: number): number {
    const [n, m] = sizes;
    const above = p - q <= delta;
    let sum = 0;
    for (let k = 0; k <= n; k += 1) {
      for (let l = 0; l <= m; l += 1) {
        const canary = of(k, n);
        const stable = of(l, m);
        const seen = ratio(canary) - ratio(stable);
        // On the side of the hypothesis itself the greatest likelihood is that of what was seen.
        const against = above ? Math.max(seen, delta) === seen : Math.min(seen, delta) === seen;
        const evidence = logEvidence(canary, stable, against ? delta : seen);
        sum += chance(k, n, p) * chance(l, m, q) * Math.exp(evidence);
      }
    }
    return sum;
  }

  it("is one in the mean at the most, wherever the rates are within the hypothesis", () => {
    for (const sizes of [
      [10, 10],
      [20, 60],
      [40, 5],
    ] as const) {
      for (const delta of [0, 0.05]) {
        for (const q of [0.001, 0.01, 0.1, 0.5]) {
          for (const apart of [-0.5 * q, 0, delta / 2, delta, delta + 0.02, delta + 0.2]) {
            expect(mean(sizes, q + apart, q, delta)).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
      }
    }
  });
});

describe("looking again and again", () => {
  const runs = 1_000;
  const alpha = 0.01;
  const maxDelta = 0.02;

  type Test = (canary: Counts, stable: Counts) => boolean;

  /** Runs in which a look every 10 requests of the canary up to 1,000 ever finds it worse. */
  function alarms(test: Test, canaryRatio: number, stableRatio: number): number {
    let found = 0;
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(run + 1);
      const failed = (n: number, p: number): number => {
        let sum = 0;
        for (let i = 0; i < n; i += 1) if (random() < p) sum += 1;
        return sum;
      };
      let canary = of(0, 0);
      let stable = of(0, 0);
      for (let look = 0; look < 100; look += 1) {
        const [k, l] = [failed(10, canaryRatio), failed(30, stableRatio)];
        canary = { ok: canary.ok + 10 - k, errors: canary.errors + k };
        stable = { ok: stable.ok + 30 - l, errors: stable.errors + l };
        if (!test(canary, stable)) continue;
        found += 1;
        break;
      }
    }
    return found;
  }

  const sequential: Test = (canary, stable) =>
    compareRates(canary, stable, maxDelta, alpha) === "worse";

  /** The textbook's test for one look, at 99 %. */
  const oneLook: Test = (canary, stable) => {
    const variance = ({ ok, errors }: Counts): number => (ok * errors) / (ok + errors) ** 3;
    const spread = Math.sqrt(variance(canary) + variance(stable));
    return spread > 0 && (ratio(canary) - ratio(stable) - maxDelta) / spread > 2.326;
  };

  it("does not raise more false alarms than agreed", () => {
    for (const stable of [0.005, 0.03]) {
      expect(alarms(sequential, stable + maxDelta, stable)).toBeLessThanOrEqual(alpha * runs);
    }
  });

  it("would, with a test for one look", () => {
    const usual = binomialInterval(runs, alpha).high;
    expect(alarms(oneLook, 0.1 + maxDelta, 0.1)).toBeGreaterThan(2 * usual);
  });

  it("finds what is clearly worse every time", () => {
    expect(alarms(sequential, 0.3, 0.01)).toBe(runs);
    expect(alarms(sequential, 0.1, 0.01)).toBe(runs);
  });
});
