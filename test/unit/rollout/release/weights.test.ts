import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import {
  releaseWeights,
  sameWeights,
  shareOf,
  weightsText,
  withoutCanary,
} from "../../../../src/rollout/release/shares.ts";
import { ReleaseStore, rolloutOf, setWeight, v2, weightsOf } from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5)]);

describe("weights that a release writes", () => {
  it.each([
    [0, 100],
    [5, 95],
    [0.07, 99.93],
    [33.33, 66.67],
    [100, 0],
  ])("sum up to 100: %d and %d", (canary, stable) => {
    expect(releaseWeights(plan, canary, undefined)).toEqual(weightsOf({ v1: stable, v2: canary }));
  });

  it("leave the other subsets at 0, and no more of them than weights may have", () => {
    expect(releaseWeights(plan, 5, weightsOf({ v0: 0, v1: 1, v2: 0 }))).toEqual(
      weightsOf({ v1: 95, v2: 5, v0: 0 }),
    );
    const many = Array.from({ length: 100 }, (_, i) => [`other-${i}`, 0] as const);
    const written = releaseWeights(plan, 5, weightsOf(Object.fromEntries(many)));
    expect(written.size).toBe(limits.decode.subsets);
  });

  it("go through all steps to the canary, each once", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), setWeight(20), setWeight(50)]));
    const written: unknown[] = [];
    for (let acts = 0; acts < 30; acts++) {
      const decision = store.act();
      if (decision.kind === "write" && decision.weights !== undefined) {
        written.push(decision.weights.get(v2));
      }
    }
    expect(written).toEqual([5, 20, 50, 100]);
    expect(store.status?.phase).toBe("Healthy");
  });

  it("may go down in a plan", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(50), setWeight(10)]));
    const seen: unknown[] = [];
    for (let acts = 0; acts < 20; acts++) {
      store.act();
      if (seen.at(-1) !== store.canary) seen.push(store.canary);
    }
    expect(seen).toEqual([0, 50, 10, 100]);
  });

  it("are left alone where they say the same in other words", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(20)]), weightsOf({ v1: 4, v2: 1 }));
    const decisions = [store.act(), store.act()];
    expect(decisions).toMatchObject([
      { event: "Begun", weights: undefined },
      { event: "StepWritten", weights: undefined },
    ]);
  });
});

describe("an abort", () => {
  it.each([
    [undefined, { v1: 100, v2: 0 }],
    [
      { v1: 1, v2: 1 },
      { v1: 100, v2: 0 },
    ],
    [{ v2: 1 }, { v1: 100, v2: 0 }],
    [
      { v0: 30, v1: 50, v2: 20 },
      { v0: 30, v1: 70, v2: 0 },
    ],
    [
      { v0: 30, v2: 20 },
      { v0: 30, v1: 20, v2: 0 },
    ],
    [
      { v0: 30, v1: 70 },
      { v0: 30, v1: 70 },
    ],
    // What no object may hold is not kept.
    [
      { v0: 1, v1: 600_000, v2: 600_000 },
      { v0: 0, v1: 100, v2: 0 },
    ],
  ])("gives the canary's share of %j to the stable version", (found, after) => {
    const weights = found === undefined ? undefined : weightsOf(found as Record<string, number>);
    expect(withoutCanary(plan, weights)).toEqual(weightsOf(after as Record<string, number>));
  });
});

describe("shares", () => {
  it("are of the sum, whatever it is", () => {
    expect(shareOf(weightsOf({ v1: 3, v2: 1 }), v2)).toBe(25);
    expect(shareOf(weightsOf({ v1: 0, v2: 0 }), v2)).toBe(0);
    expect(shareOf(undefined, v2)).toBe(0);
  });

  it.each([
    [{ v1: 90, v2: 10 }, { v2: 1, v1: 9 }, true],
    [{ v1: 90, v2: 10, v0: 0 }, { v1: 9, v2: 1 }, true],
    [{ v1: 1, v2: 2 }, { v1: 33.33333333333333, v2: 66.66666666666666 }, true],
    [{ v1: 90, v2: 10 }, { v1: 90, v2: 10.01 }, false],
    [{ v1: 100 }, { v1: 99, v0: 1 }, false],
  ])("of %j and %j are the same: %s", (one, other, expected) => {
    const a = weightsOf(one as Record<string, number>);
    const b = weightsOf(other as Record<string, number>);
    expect(sameWeights(a, b)).toBe(expected);
    expect(sameWeights(b, a)).toBe(expected);
  });

  it("are not the same as none", () => {
    expect(sameWeights(undefined, undefined)).toBe(true);
    expect(sameWeights(undefined, weightsOf({ v1: 100 }))).toBe(false);
  });

  it("are told without those that have none", () => {
    expect(weightsText(weightsOf({ v1: 2, v2: 1, v0: 0 }))).toBe("v1 66.67 %, v2 33.33 %");
    expect(weightsText(weightsOf({ v1: 0 }))).toBe("no weights");
    expect(weightsText(undefined)).toBe("no weights");
  });
});
