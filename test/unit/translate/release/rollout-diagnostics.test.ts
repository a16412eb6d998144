import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import type { Rollout, RolloutStep } from "../../../../src/model/rollout.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { type ServiceParts, service, state, subsetName } from "../states.ts";

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
const missing = (field: string, subset: string, why = "no instance has this version"): string =>
  `warning SPLIT_UNKNOWN_SUBSET strategy.canary.${field}: web has no subset ${subset}: ${why}`;
const noStable = missing("stableSubset", "v1");
const noCanary = missing("canarySubset", "v2");
const unlisted = "services/web does not list it";

describe("a rollout", () => {
  it("of a gRPC service is told of where it copies calls", () => {
    const match = [{ headers: [{ name: "x-tester", kind: "exact", value: "1" } as const] }];
    const steps: readonly RolloutStep[] = [
      { kind: "setHeaderRoute", name: "testers", match },
      { kind: "setMirrorRoute", name: "copy", match, percent: 10 },
      { kind: "setMirrorRoute", name: "copy", match: [], percent: 10 },
    ];
    expect(told({ instances: [v1, v2], http2: true }, steps)).toEqual([
      "warning GRPC_UNSUPPORTED strategy.canary.steps[1].setMirrorRoute: for gRPC clients without a " +
        "proxy, nothing is mirrored",
    ]);
    expect(told({ instances: [v1, v2] }, steps)).toEqual([]);
  });

  it.each([
    [
      "is taken out by a guard",
      { latched: ["v2"] },
      "SPLIT_LATCHED : a guard has taken web/v2 out",
    ],
    [
      "has no instance left",
      { instances: [v1, { ...v2, weight: 0 }] },
      "SPLIT_NO_ENDPOINTS : web/v2 has no usable endpoint",
    ],
  ])("whose canary %s has no routes, and that is told", (_, parts, fact) => {
    const match = [{ headers: [{ name: "x-tester", kind: "exact", value: "1" } as const] }];
    const release = {
      salt: "s",
      routes: [{ kind: "header", name: "testers", match, to: subsetName("v2") } as const],
    };
    const all = { subsets: [{ name: "v1" }, { name: "v2" }], instances: [v1, v2], release };
    expect(told(all)).toEqual([]);
    expect(told({ ...all, ...parts })).toEqual([
      `warning ${fact}: the routes of the release (testers) lead nobody there`,
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
      [missing("stableSubset", "v1", unlisted), missing("canarySubset", "v2", unlisted)],
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
