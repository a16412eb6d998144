import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../src/model/names.ts";
import type { Rollout } from "../../../src/model/rollout.ts";
import { createTranslator } from "../../../src/translate/translate.ts";
import { type ServiceParts, service, state, subsetName } from "./states.ts";

const rollout = (stable: string, canary: string): Rollout => ({
  service: "web" as ServiceName,
  stable: subsetName(stable),
  canary: subsetName(canary),
  steps: [{ kind: "setWeight", percent: 100 }],
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
function told(parts: ServiceParts | undefined): readonly string[] {
  const services = parts === undefined ? [] : [service("web", parts)];
  const rollouts = new Map([["web" as ServiceName, rollout("v1", "v2")]]);
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
