import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { presetSteps } from "../../../src/model/preset.ts";
import { seed } from "../../support/seed.ts";

/** Steps as a text: `10 5m 100`. */
function written(preset: string): string | undefined {
  return presetSteps(preset)
    ?.map((step) =>
      step.kind === "setWeight" ? `${step.percent}` : `${(step.durationMs ?? 0) / 1_000}s`,
    )
    .join(" ");
}

describe("a preset", () => {
  it.each([
    ["AllAtOnce", "100"],
    ["Canary10Percent5Minutes", "10 300s 100"],
    ["Canary10Percent30Minutes", "10 1800s 100"],
    ["Canary1Percent1Hour", "1 3600s 100"],
    ["Canary99Percent9999Seconds", "99 9999s 100"],
    ["Linear50PercentEvery30Seconds", "50 30s 100"],
    ["Linear20PercentEvery6Minutes", "20 360s 40 360s 60 360s 80 360s 100"],
    ["Linear30PercentEvery1Minute", "30 60s 60 60s 90 60s 100"],
    ["Linear33PercentEvery2Hours", "33 7200s 66 7200s 99 7200s 100"],
    ["Linear99PercentEvery1Minute", "99 60s 100"],
  ])("%s is %s", (preset, steps) => {
    expect(written(preset)).toBe(steps);
  });

  it("has as many steps as it takes", () => {
    expect(presetSteps("Linear10PercentEvery1Minute")).toHaveLength(19);
    expect(presetSteps("Linear10PercentEvery10Minutes")?.at(-1)).toEqual({
      kind: "setWeight",
      percent: 100,
    });
    expect(presetSteps("Linear1PercentEvery1Minute")).toHaveLength(199);
  });

  it.each([
    ...["", "allAtOnce", "canary10percent5minutes", "Canary0Percent5Minutes"],
    ...["Canary100Percent5Minutes", "Canary10Percent0Minutes", "Canary10Percent5Days"],
    ...["Canary10PercentEvery5Minutes", "Linear10Percent5Minutes", "Linear05PercentEvery1Minute"],
    ...["Canary10Percent10000Seconds", "Canary10Percent5Minutes ", "Canary1.5Percent5Minutes"],
    ...["constructor", "CodeDeployDefault.AllAtOnce"],
  ])("%j is none", (preset) => {
    expect(presetSteps(preset)).toBeUndefined();
  });

  it(`rises in equal steps, each as long as it says (FC_SEED=${seed})`, () => {
    const numbers = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9_999 }));
    const property = fc.property(numbers, ([by, count]) => {
      const steps = presetSteps(`Linear${by}PercentEvery${count}Minutes`) ?? [];
      const weights = steps.flatMap((step) => (step.kind === "setWeight" ? [step.percent] : []));
      const pauses = steps.flatMap((step) => (step.kind === "pause" ? [step.durationMs] : []));
      expect(weights.at(-1)).toBe(100);
      expect(weights.slice(0, -1)).toEqual(weights.slice(0, -1).map((_, n) => (n + 1) * by));
      expect(100 - (weights.at(-2) ?? 0)).toBeLessThanOrEqual(by);
      expect(pauses).toEqual(Array.from({ length: weights.length - 1 }, () => count * 60_000));
    });
    fc.assert(property, { seed });
  });
});
