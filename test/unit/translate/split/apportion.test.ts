import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apportion, denominator } from "../../../../src/translate/split/apportion.ts";

const weight = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 10 }),
  fc.integer({ min: 1, max: 1_000_000 }),
);
const weights = fc
  .array(weight, { minLength: 1, maxLength: 12 })
  .filter((list) => list.some((each) => each > 0));
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

describe("apportion", () => {
  it.each([
    { weights: [90, 10], shares: [9000, 1000] },
    { weights: [100, 0], shares: [10000, 0] },
    { weights: [99.9, 0.1], shares: [9990, 10] },
    { weights: [1, 1, 1], shares: [3334, 3333, 3333] },
    { weights: [1_000_000, 1], shares: [9999, 1] },
    { weights: [1, 1, 1_000_000], shares: [1, 1, 9998] },
    { weights: [4_294_967_295, 1], shares: [9999, 1] },
    { weights: [Number.MAX_VALUE / 4, Number.MAX_VALUE / 4], shares: [5000, 5000] },
  ])("$weights → $shares", ({ weights, shares }) => {
    expect(apportion(weights)).toEqual(shares);
  });

  it("gives each of more weights than units one unit", () => {
    const shares = apportion(Array.from({ length: denominator + 5 }, () => 7));
    expect(new Set(shares)).toEqual(new Set([1]));
  });

  it("always sums to the denominator, keeps zeros, and gives every other at least one", () => {
    fc.assert(
      fc.property(weights, (list) => {
        const shares = apportion(list);
        expect(sum(shares)).toBe(denominator);
        shares.forEach((share, i) => {
          expect(share > 0).toBe((list[i] ?? 0) > 0);
          expect(Number.isInteger(share)).toBe(true);
        });
      }),
    );
  });

  it("stays within one unit of the exact share where no weight is tiny", () => {
    const ordinary = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(ordinary, (list) => {
        apportion(list).forEach((share, i) => {
          const exact = ((list[i] ?? 0) * denominator) / sum(list);
          expect(Math.abs(share - exact)).toBeLessThan(1);
        });
      }),
    );
  });

  it("never lowers the share of a weight that grew", () => {
    fc.assert(
      fc.property(weights, fc.nat(), fc.integer({ min: 1, max: 1_000_000 }), (list, at, more) => {
        const i = at % list.length;
        const grown = list.map((each, j) => (j === i ? each + more : each));
        expect(apportion(grown)[i]).toBeGreaterThanOrEqual(apportion(list)[i] ?? 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("depends on the ratio alone", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 2, max: 1_000 }), (list, factor) => {
        expect(apportion(list.map((each) => each * factor))).toEqual(apportion(list));
      }),
    );
  });
});
