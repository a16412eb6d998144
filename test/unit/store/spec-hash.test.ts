import { describe, expect, it } from "vitest";
import { decodeOne } from "./decode-entries.ts";

const subsets = { stableSubset: "v1", canarySubset: "v2" };
const metric = { name: "errors", failureCondition: "result.ratio5xx > 0.05", count: 3 };
const steps = [
  { setWeight: 5 },
  { pause: { duration: "10m" } },
  { analysis: { metrics: [metric] } },
];
const analysis = { metrics: [{ name: "all", successCondition: 'result["a b"] < 1' }] };
const plan = { ...subsets, steps, analysis };

function hashOf(value: unknown): string {
  const [rollout] = decodeOne("rollouts/web", value).state.rollouts.values();
  if (rollout === undefined) throw new Error("the rollout was refused");
  return rollout.specHash;
}

const base = () => hashOf({ strategy: { canary: plan } });
const withPlan = (changed: object) => hashOf({ strategy: { canary: { ...plan, ...changed } } });

describe("the hash of what is released", () => {
  it.each([
    [
      "the form of the value",
      { apiVersion: "serin/v1", kind: "Rollout", spec: { strategy: { canary: plan } } },
    ],
    [
      "the order of fields",
      { strategy: { canary: { analysis, steps, canarySubset: "v2", stableSubset: "v1" } } },
    ],
    ["a pause by a person", { strategy: { canary: plan }, paused: true }],
    [
      "a deadline",
      { strategy: { canary: plan }, progressDeadlineSeconds: 9, progressDeadlineAbort: true },
    ],
    ["a guard", { strategy: { canary: plan }, guard: [{}] }],
    ["gates", { strategy: { canary: plan }, webhooks: [{ name: "a", url: "http://a/" }] }],
    ["alerts", { strategy: { canary: plan }, alerts: [{ webhook: { url: "http://a/" } }] }],
    [
      "windows",
      {
        strategy: { canary: plan },
        windows: [{ kind: "deny", schedule: "0 0 * * *", duration: "1h" }],
      },
    ],
  ])("does not depend on %s", (_, value) => {
    expect(hashOf(value)).toBe(base());
  });

  it.each([
    [
      "the words of a duration",
      { steps: [{ setWeight: 5 }, { pause: { duration: 600 } }, steps[2]] },
    ],
    ["a last step of 100 %", { steps: [...steps, { setWeight: 100 }] }],
    ["a default that is written", { analysis: { ...analysis, startingStep: 0 } }],
    [
      "blanks in a condition",
      {
        analysis: { metrics: [{ name: "all", successCondition: '  result["a b"]<1 ' }] },
      },
    ],
  ])("does not depend on %s either", (_, changed) => {
    expect(withPlan(changed)).toBe(base());
  });

  it.each([
    ["the stable subset", { stableSubset: "v0" }],
    ["the canary", { canarySubset: "v3" }],
    ["a weight", { steps: [{ setWeight: 6 }, ...steps.slice(1)] }],
    ["a step more", { steps: [...steps, { setWeight: 50 }] }],
    [
      "the analysis of a step",
      { steps: [...steps.slice(0, 2), { analysis: { metrics: [{ ...metric, count: 4 }] } }] },
    ],
    ["the analysis beside", { analysis: { ...analysis, startingStep: 1 } }],
    ["no analysis beside", { analysis: undefined }],
    [
      "a name in apostrophes",
      { analysis: { metrics: [{ name: "all", successCondition: "result['a  b'] < 1" }] } },
    ],
    [
      "a condition",
      { analysis: { metrics: [{ name: "all", successCondition: 'result["ab"] < 1' }] } },
    ],
    ["what a weight is a part of", { maxTrafficWeight: 1_000 }],
  ])("depends on %s", (_, changed) => {
    expect(withPlan(changed)).not.toBe(base());
  });

  it("is that of the steps that a preset stands for", () => {
    const written = [{ setWeight: 10 }, { pause: { duration: "5m" } }];
    const preset = hashOf({ strategy: { canary: subsets }, preset: "Canary10Percent5Minutes" });
    expect(preset).toBe(hashOf({ strategy: { canary: { ...subsets, steps: written } } }));
  });

  /** A release under way would begin anew with another one: whoever changes these changes all of them. */
  it("is the same in every version of serin", () => {
    expect(base()).toBe("1add0e6623eda0f9");
    expect(hashOf({ strategy: { canary: subsets }, preset: "AllAtOnce" })).toBe("683333cfae6ed75d");
  });
});
