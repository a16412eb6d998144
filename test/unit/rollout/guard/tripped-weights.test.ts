import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SubsetName } from "../../../../src/model/names.ts";
import { trippedWeights } from "../../../../src/rollout/guard/tripped-weights.ts";

const name = (text: string): SubsetName => text as SubsetName;
const weightsOf = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([subset, weight]) => ({ subset: name(subset), weight }));

const tripped = (weights: Readonly<Record<string, number>>, subset: string, percent: number) => {
  const after = trippedWeights(weightsOf(weights), {
    subset: name(subset),
    percent,
    stable: name("v1"),
  });
  return after && Object.fromEntries(after.map((each) => [each.subset, each.weight]));
};

describe("the weights after a guard has tripped", () => {
  it.each([
    ["to zero", { v1: 90, v2: 10 }, "v2", 0, { v1: 90, v2: 0 }],
    ["the others keep their ratio", { v1: 60, v2: 10, v3: 30 }, "v2", 0, { v1: 60, v2: 0, v3: 30 }],
    [
      "a released version gives back to the stable one",
      { v1: 0, v2: 100 },
      "v2",
      0,
      { v1: 100, v2: 0 },
    ],
    ["the stable one was not listed", { v2: 100 }, "v2", 0, { v1: 100, v2: 0 }],
    ["to some per cent", { v1: 80, v2: 20 }, "v2", 5, { v1: 7_600, v2: 400 }],
    ["to some per cent, of all", { v1: 0, v2: 100 }, "v2", 5, { v1: 95, v2: 5 }],
    ["it has no more than that", { v1: 96, v2: 4 }, "v2", 5, undefined],
    ["it has just that", { v1: 95, v2: 5 }, "v2", 5, undefined],
    ["it has none", { v1: 100, v2: 0 }, "v2", 0, undefined],
    ["it is not there", { v1: 100 }, "v2", 0, undefined],
    ["the stable one, and nobody else has weight", { v1: 100, v2: 0 }, "v1", 0, undefined],
    ["the stable one, and there is another", { v1: 50, v2: 50 }, "v1", 0, { v1: 0, v2: 50 }],
  ])("%s", (_, before, subset, percent, after) => {
    expect(tripped(before, subset, percent)).toEqual(after);
  });

  it("writes nothing that would be refused, or that would be taken again", () => {
    const weight = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1_000_000, noNaN: true }),
      fc.integer({ min: 0, max: 1_000_000 }),
    );
    const percents = fc.integer({ min: 0, max: 99 });
    fc.assert(
      fc.property(weight, weight, weight, percents, (v1, v2, v3, percent) => {
        const after = tripped({ v1, v2, v3 }, "v2", percent);
        if (after === undefined) return;
        for (const each of Object.values(after)) expect(each).toBeLessThanOrEqual(1_000_000);
        if (percent === 0 && v1 + v3 > 0) expect(after).toEqual({ v1, v2: 0, v3 });
        expect(tripped(after, "v2", percent)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes it to the share that was asked for, and leaves the others' ratios", () => {
    const weight = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(
        weight,
        weight,
        weight,
        fc.integer({ min: 0, max: 99 }),
        (v1, v2, v3, percent) => {
          const after = tripped({ v1, v2, v3 }, "v2", percent);
          const total = v1 + v2 + v3;
          if (after === undefined) {
            expect(v2 * 100).toBeLessThanOrEqual(total * percent);
            return;
          }
          const { v1: a = 0, v2: b = 0, v3: c = 0 } = after;
          expect(b * 100).toBeCloseTo((a + b + c) * percent, 6);
          if (v1 + v3 > 0) expect(a * v3).toBeCloseTo(c * v1, 6);
          expect([a, b, c].every(Number.isInteger)).toBe(true);
        },
      ),
    );
  });
});
