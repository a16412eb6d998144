import { describe, expect, it } from "vitest";
import { allowedPercents, isAllowed } from "../../../../src/rollout/release/allowed-weights.ts";
import { pause, rolloutOf, setWeight, weightsOf } from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause(), setWeight(33.33)]);

describe("weights that a plan allows", () => {
  it("are none, those of its steps, and all", () => {
    expect([...allowedPercents(plan)]).toEqual([0, 5, 33.33, 100]);
  });

  it.each([
    [{ v1: 100, v2: 0 }, true],
    [{ v1: 95, v2: 5 }, true],
    [{ v1: 19, v2: 1 }, true],
    [{ v1: 66.67, v2: 33.33, v0: 0 }, true],
    [{ v1: 0, v2: 100 }, true],
    [{ v1: 94, v2: 6 }, false],
    [{ v1: 90, v2: 5, v0: 5 }, false],
    [{ v1: 0, v2: 0 }, false],
  ])("%j: %s", (weights, expected) => {
    expect(isAllowed(plan, weightsOf(weights as Record<string, number>))).toBe(expected);
  });
});
