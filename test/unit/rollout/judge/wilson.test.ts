import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalQuantile } from "../../../../src/rollout/judge/normal-quantile.ts";
import { wilsonInterval } from "../../../../src/rollout/judge/wilson.ts";
import { binomialInterval } from "../../../support/binomial.ts";

const confidence = fc.double({ min: 0.5, max: 0.999_999, noNaN: true });
const counts = fc.record({ ok: fc.nat(100_000), errors: fc.nat(100_000) });

describe("the normal quantile", () => {
  // As in every table of the normal distribution, and in R's qnorm.
  it.each([
    [0.5, 0],
    [0.75, 0.674489750196082],
    [0.9, 1.2815515655446],
    [0.95, 1.64485362695147],
    [0.975, 1.95996398454005],
    [0.99, 2.32634787404084],
    [0.999, 3.09023230616781],
    [0.9999, 3.71901648545568],
    [0.999999, 4.7534243088229],
  ])("of %d is %d", (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
    expect(normalQuantile(1 - p)).toBeCloseTo(-z, 7);
  });

  it("rises without a step where the approximations meet", () => {
    for (const at of [0.02425, 1 - 0.02425]) {
      expect(normalQuantile(at + 1e-9) - normalQuantile(at - 1e-9)).toBeGreaterThan(0);
      expect(normalQuantile(at + 1e-9) - normalQuantile(at - 1e-9)).toBeLessThan(1e-7);
    }
  });

  it.each([0, 1, -0.1, 1.1, Number.NaN])("has none of %d", (p) => {
    expect(() => normalQuantile(p)).toThrow("bug");
  });
});

describe("the Wilson interval", () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3: both ends at 97.5 %.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %d among %d", (errors, requests, low, high) => {
    const found = wilsonInterval({ ok: requests - errors, errors }, 0.975);
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it("is exact where it must be", () => {
    expect(wilsonInterval({ ok: 0, errors: 0 }, 0.99)).toEqual({ low: 0, high: 1 });
    expect(wilsonInterval({ ok: 7, errors: 0 }, 0.99).low).toBe(0);
    expect(wilsonInterval({ ok: 0, errors: 7 }, 0.99).high).toBe(1);
    expect(wilsonInterval({ ok: 3, errors: 1 }, 0.5)).toEqual({ low: 0.25, high: 0.25 });
  });

  it("has the observed ratio inside, and stays among the ratios", () => {
    fc.assert(
      fc.property(counts, confidence, ({ ok, errors }, sure) => {
        fc.pre(ok + errors > 0);
        const { low, high } = wilsonInterval({ ok, errors }, sure);
        const ratio = errors / (ok + errors);
        expect(0 <= low && low <= ratio && ratio <= high && high <= 1).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends where the observed ratio is as unlikely as asked for", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), confidence, (ok, errors, sure) => {
        fc.pre(ok > 0 && errors > 0);
        const n = ok + errors;
        const { low, high } = wilsonInterval({ ok, errors }, sure);
        for (const end of [low, high]) {
          const z = Math.abs(errors / n - end) / Math.sqrt((end * (1 - end)) / n);
          expect(z).toBeCloseTo(normalQuantile(sure), 5);
        }
      }),
    );
  });

  it("moves up with every error, and is wider the surer it is to be", () => {
    fc.assert(
      fc.property(counts, confidence, confidence, ({ ok, errors }, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const here = wilsonInterval({ ok, errors }, more);
        const worse = wilsonInterval({ ok, errors: errors + 1 }, more);
        expect(worse.low).toBeGreaterThanOrEqual(here.low - 1e-12);
        expect(worse.high).toBeGreaterThanOrEqual(here.high - 1e-12);
        const narrow = wilsonInterval({ ok, errors }, less);
        expect(narrow.low).toBeGreaterThanOrEqual(here.low - 1e-12);
        expect(narrow.high).toBeLessThanOrEqual(here.high + 1e-12);
      }),
      { numRuns: 1_000 },
    );
  });

  it("puts a bound above the true ratio about as seldom as it says", () => {
    for (const [n, p] of [
      [20, 0.05],
      [60, 0.01],
      [240, 0.05],
      [1_200, 0.03],
    ] as const) {
      // More errors than chance brings in 99 of 100 cases; the interval's other end has as much.
      const unlikely = binomialInterval(n, p, 0.98).high + 1;
      const low = (errors: number): number => wilsonInterval({ ok: n - errors, errors }, 0.99).low;
      let first = 0;
      while (low(first) <= p) first += 1;
      expect(Math.abs(first - unlikely)).toBeLessThanOrEqual(2);
    }
  });

  it("takes no counts that cannot be", () => {
    expect(() => wilsonInterval({ ok: -1, errors: 2 }, 0.99)).toThrow("bug");
    expect(() => wilsonInterval({ ok: 1, errors: 1 }, 0.4)).toThrow("bug");
    expect(() => wilsonInterval({ ok: 1, errors: 1 }, 1)).toThrow("bug");
  });
});
