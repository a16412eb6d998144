import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../src/model/names.ts";
import type { Rollout, RolloutStep } from "../../../src/model/rollout.ts";
import { createTranslator } from "../../../src/translate/translate.ts";
import { type ServiceParts, service, state, subsetName } from "./states.ts";

const rollout = (
  stable: string,
  canary: string,
  steps: readonly RolloutStep[] = [{ kind: "setWeight", percent: 100 }],
): Rollout => ({
  service: "web" as ServiceName,
  stable: subsetName(stable),
  canary: subsetName(canary),
  steps,
  background: { metrics: [], startingStep: 0 },
  guard: [],
  paused: false,
  progressDeadlineMs: 600_000,
  progressDeadlineAbort: false,
  webhooks: [],
  alerts: [],
  windows: [],
  specHash: "0",
});

/** What is said of a rollout from v1 to v2; undefined: there is no such service. */
function told(parts: ServiceParts | undefined, steps?: readonly RolloutStep[]): readonly string[] {
  const services = parts === undefined ? [] : [service("web", parts)];
  const rollouts = new Map([["web" as ServiceName, rollout("v1", "v2", steps)]]);
  const translate = createTranslator({ defaultGateway: undefined });
  return translate({ ...state({ services }), rollouts })
    .diagnostics.filter(({ key }) => key === "rollouts/web")
    .map(({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`);
}

const [v1, v2] = [{ version: "v1" }, { version: "v2" }];
const missing = (field: string, subset: string): string =>
  `warning SPLIT_UNKNOWN_SUBSET strategy.canary.${field}: web has no subset ${subset}: ` +
  "it is not listed, and no instance has this version";
const noStable = missing("stableSubset", "v1");
const noCanary = missing("canarySubset", "v2");

describe("a rollout", () => {
  it("is told of where it has a step that nobody carries out", () => {
    const steps: readonly RolloutStep[] = [
      { kind: "setWeight", percent: 5 },
      { kind: "setHeaderRoute", name: "testers", match: [] },
      { kind: "setMirrorRoute", name: "copy", match: [], percent: 10 },
    ];
    const found = told({ instances: [v1, v2] }, steps);
    expect(found.map((line) => line.split(":")[0])).toEqual([
      "warning STEP_UNSUPPORTED strategy.canary.steps[1].setHeaderRoute",
      "warning STEP_UNSUPPORTED strategy.canary.steps[2].setMirrorRoute",
    ]);
  });

  it.each([
    ["whose versions have instances", { instances: [v1, v2] }, []],
    ["whose canary is drained", { instances: [v1, { ...v2, weight: 0 }] }, []],
    ["whose canary has no instance yet", { instances: [v1] }, [noCanary]],
    ["of a service without instances", { weights: { v1: 1 } }, [noStable, noCanary]],
    ["whose subsets are listed", { subsets: [{ name: "v1" }, { name: "v2" }] }, []],
    [
      "whose subsets are not in the list",
      { subsets: [{ name: "v3" }], instances: [v1, v2] },
      [noStable, noCanary],
    ],
    [
      "of no service",
      undefined,
      ["warning REFERENCE_MISSING : no service web: there is nothing to release"],
    ],
  ])("%s", (_, parts, expected) => {
    expect(told(parts)).toEqual(expected);
  });
});
