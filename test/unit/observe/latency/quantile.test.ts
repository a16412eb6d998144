import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Buckets, quantile, type Scale } from "../../../../src/observe/latency/quantile.ts";
import "../../../support/seed.ts";

/** As a proxy counts: a value at a bound belongs to the bucket that ends there. */
function counted(scale: Scale, values: readonly number[]): Buckets {
  const counts = Array.from({ length: scale.length + 1 }, () => 0);
  for (const value of values) {
    const found = scale.findIndex((end) => value <= end);
    const at = found < 0 ? scale.length : found;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return { scale, counts };
}

/** The smallest value that so large a share of all is not above. */
function trueQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Between which two ends a value lies. */
function bucketOf(ends: Scale, value: number): readonly [from: number, to: number] {
  const at = ends.findIndex((end) => value <= end);
  if (at < 0) return [ends.at(-1) ?? 0, Number.POSITIVE_INFINITY];
  return [ends[at - 1] ?? 0, ends[at] ?? 0];
}

const values = fc.array(fc.double({ min: 0.001, max: 5_000, noNaN: true }), { maxLength: 60 });
const scales = fc
  .uniqueArray(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 12 })
  .map((ends) => ends.sort((a, b) => a - b));
const shares = fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1);

describe("a quantile of buckets", () => {
  it("is in the bucket of the true one, over any number of proxies with the same buckets", () => {
    fc.assert(
      fc.property(scales, fc.array(values, { maxLength: 5 }), shares, (scale, proxies, share) => {
        const found = quantile(
          proxies.map((of) => counted(scale, of)),
          share,
        );
        const all = proxies.flat();
        if (all.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        const [from, to] = bucketOf(scale, trueQuantile(all, share));
        expect(found).toBeGreaterThanOrEqual(from);
        expect(found).toBeLessThanOrEqual(to);
      }),
    );
  });

  it("is between two bounds that all have, around the true one, where buckets differ", () => {
    const proxies = fc.array(fc.tuple(scales, values), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(scales, proxies, shares, (common, each, share) => {
        const told = each.map(([own, of]) =>
          counted(
            [...new Set([...common, ...own])].sort((a, b) => a - b),
            of,
          ),
        );
        const all = each.flatMap(([, of]) => of);
        const found = quantile(told, share);
        if (all.length === 0) {
          expect(found).toBeUndefined();
          return;
        }
        const [from, to] = bucketOf(common, trueQuantile(all, share));
        expect(found).toBeGreaterThanOrEqual(from);
        expect(found).toBeLessThanOrEqual(to);
      }),
    );
  });

  it("is spread evenly within its bucket", () => {
    const of = [{ scale: [10, 20, 40], counts: [0, 10, 10, 0] }];
    expect([0.25, 0.5, 0.75, 1].map((share) => quantile(of, share))).toEqual([15, 20, 30, 40]);
  });

  it("beyond all bounds is told as the highest of them", () => {
    expect(quantile([{ scale: [10, 20], counts: [1, 0, 9] }], 0.5)).toBe(20);
    expect(quantile([{ scale: [], counts: [4] }], 0.5)).toBeUndefined();
  });
});
