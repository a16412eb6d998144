import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isSameSplit,
  moveShare,
  sharesOf,
  typedShare,
  weightsOf,
  whole,
} from "../../../../src/web/views/weights/shares.ts";

const sum = (shares: Readonly<Record<string, number>>) =>
  Object.values(shares).reduce((total, share) => total + share, 0);

const someWeights = fc.dictionary(fc.constantFrom("v1", "v2", "v3", "v4"), fc.nat(100_000), {
  minKeys: 1,
});

describe("shares", () => {
  it("are typed in per cent, and an empty field is no share of 0", () => {
    expect(["12.5", " 0 ", "", " ", "x", "1e999"].map(typedShare)).toEqual([
      ...[1_250, 0],
      ...[undefined, undefined, undefined, undefined],
    ]);
  });

  it("are the weights' ratio, and all 10,000 parts are given away", () => {
    expect(sharesOf({ v1: 9, v2: 1 })).toEqual({ v1: 9_000, v2: 1_000 });
    expect(sharesOf({ v1: 0, v2: 0 })).toEqual({ v1: whole, v2: 0 });
    fc.assert(fc.property(someWeights, (weights) => sum(sharesOf(weights)) === whole));
  });

  it("make room for the one that is moved, by the ratio that the others had", () => {
    expect(moveShare({ v1: 6_000, v2: 3_000, v3: 1_000 }, "v3", 5_500)).toEqual({
      v1: 3_000,
      v2: 1_500,
      v3: 5_500,
    });
    expect(moveShare({ v1: whole, v2: 0, v3: 0 }, "v1", 4_000)).toEqual({
      v1: 4_000,
      v2: 6_000,
      v3: 0,
    });
    expect(moveShare({ v1: whole }, "v1", 10)).toEqual({ v1: whole });
  });

  it("sum up to all traffic after any move, and the moved one has what was asked for", () => {
    fc.assert(
      fc.property(someWeights, fc.integer({ min: -10, max: whole + 10 }), (weights, to) => {
        const shares = sharesOf(weights);
        const [version = ""] = Object.keys(shares);
        const moved = moveShare(shares, version, to);
        expect(sum(moved)).toBe(whole);
        expect(Object.keys(moved)).toEqual(Object.keys(shares));
        if (Object.keys(shares).length > 1) {
          expect(moved[version]).toBe(Math.min(whole, Math.max(0, to)));
        }
      }),
    );
  });

  it("are written as per cent where that is exact, and as parts of 10,000 elsewhere", () => {
    expect(weightsOf({ v1: 9_000, v2: 1_000 })).toEqual({ v1: 90, v2: 10 });
    expect(weightsOf({ v1: 9_990, v2: 10 })).toEqual({ v1: 9_990, v2: 10 });
    fc.assert(
      fc.property(someWeights, (weights) => {
        const shares = sharesOf(weights);
        expect(isSameSplit(sharesOf(weightsOf(shares)), shares)).toBe(true);
      }),
    );
  });
});
