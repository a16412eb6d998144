import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialInterval, withinBinomial } from "../../support/binomial.ts";

/** Probability of exactly k, by the product formula: slow and independent of the code under test. */
function chance(n: number, k: number, p: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result *= ((n - k + i) / i) * p;
  return result * (1 - p) ** (n - k);
}

const between = (n: number, p: number, from: number, to: number): number => {
  let sum = 0;
  for (let k = from; k <= to; k++) sum += chance(n, k, p);
  return sum;
};

describe("the binomial interval", () => {
  it("holds the chance it promises, and no bound could be tighter", () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    );
    fc.assert(
      fc.property(cases, fc.constantFrom(0.9, 0.99, 0.999), ([n, p], confidence) => {
        const tail = (1 - confidence) / 2;
        const { low, high } = binomialInterval(n, p, confidence);
        const slack = 1e-9;
        expect(between(n, p, low, high)).toBeGreaterThanOrEqual(confidence - slack);
        expect(between(n, p, 0, low)).toBeGreaterThan(tail - slack);
        expect(between(n, p, high, n)).toBeGreaterThan(tail - slack);
      }),
    );
  });

  it("knows certainty and big n", () => {
    expect(binomialInterval(2_000, 0)).toEqual({ low: 0, high: 0 });
    expect(binomialInterval(2_000, 1)).toEqual({ low: 2_000, high: 2_000 });
    const { low, high } = binomialInterval(1_000_000, 0.2);
    // Within one count of the normal approximation: 3.2905 standard deviations of 400.
    expect(Math.abs(low - 198_684)).toBeLessThan(5);
    expect(Math.abs(high - 201_316)).toBeLessThan(5);
  });

  it("judges counts", () => {
    expect(withinBinomial(400, 2_000, 0.2)).toBe(true);
    expect(withinBinomial(500, 2_000, 0.2)).toBe(false);
    expect(withinBinomial(0, 200, 0.05, 0.99)).toBe(false);
  });
});
