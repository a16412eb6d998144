import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import {
  defaultSettings,
  type LocalitySetting,
  type ServiceSettings,
} from "../../../../src/model/service.ts";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import {
  assignmentResource,
  type StickyPart,
  stickyAssignment,
} from "../../../../src/translate/cluster/assignment.ts";
import { type InstanceParts, instance, subsetName } from "../states.ts";

const type = "envoy.config.endpoint.v3.ClusterLoadAssignment";

function decoded(...instances: readonly ReturnType<typeof instance>[]) {
  const { any } = assignmentResource("web/v1", instances, defaultSettings, []);
  return decodeMessage(type, decodeAny(any).value);
}

const weightsOf = (zone: ReturnType<typeof decoded>["endpoints"]) =>
  zone?.map(({ load_balancing_weight: weight, lb_endpoints: endpoints }) => [
    weight?.value,
    endpoints?.map((each) => each.load_balancing_weight?.value),
  ]);

describe("load assignment", () => {
  it("is there, and empty, where nobody is", () => {
    expect(decoded()).toEqual({ cluster_name: "web/v1" });
  });

  it("serves as long as one endpoint is not drained", () => {
    const serves = (...weights: readonly number[]): boolean => {
      const instances = weights.map((weight, n) => instance("web", n, { weight }));
      return assignmentResource("web/v1", instances, defaultSettings, []).serves;
    };
    expect([serves(), serves(0), serves(0, 0), serves(0, 1)]).toEqual([false, false, false, true]);
  });

  it("gives every locality a weight, also one whose endpoints are all drained", () => {
    const { endpoints } = decoded(
      instance("web", 1, { zone: "a", weight: 0 }),
      instance("web", 2, { zone: "b", weight: 0 }),
      instance("web", 3, { zone: "b" }),
    );
    expect(weightsOf(endpoints)).toEqual([
      [1, [1]],
      [100, [1, 100]],
    ]);
    const health = endpoints?.map((each) => each.lb_endpoints?.map((one) => one.health_status));
    expect(health).toEqual([["DRAINING"], ["DRAINING", undefined]]);
  });

  it("keeps the sum of all weights within what Envoy takes", () => {
    const huge = 4_294_967_295;
    const { endpoints } = decoded(
      instance("web", 1, { weight: huge }),
      instance("web", 2, { weight: huge }),
      instance("web", 3, { weight: 1, zone: "b" }),
    );
    const sum = (endpoints ?? []).reduce(
      (n, each) => n + (each.load_balancing_weight?.value ?? 0),
      0,
    );
    expect(sum).toBeLessThanOrEqual(huge);
    expect(sum).toBeGreaterThan(huge * 0.99);
  });

  it("has the same version for the same instances", () => {
    const version = (port: number) =>
      assignmentResource("c", [instance("web", port)], defaultSettings, []).version;
    expect(version(1)).toBe(version(1));
    expect(version(1)).not.toBe(version(2));
  });
});

/** One instance per zone, in the order of the names. */
function zones(localities: readonly LocalitySetting[], ...instances: readonly InstanceParts[]) {
  const settings = { ...defaultSettings, localities };
  const members = instances.map((parts, n) => instance("web", n, parts));
  const { any } = assignmentResource("web/v1", members, settings, []);
  return decodeMessage(type, decodeAny(any).value);
}

const zone = (name: string, priority: number, weight?: number): LocalitySetting => ({
  zone: name,
  priority,
  weight,
});

describe("zones", () => {
  const seen = (assignment: ReturnType<typeof zones>) =>
    assignment.endpoints?.map((each) => [
      each.locality?.zone,
      each.priority ?? 0,
      each.load_balancing_weight?.value,
    ]);

  it("have the weight that the settings give, else that of their instances", () => {
    const settings = [zone("a", 0, 80), zone("b", 0, 20)];
    const found = zones(settings, { zone: "a" }, { zone: "b" }, { zone: "c", weight: 7 });
    expect(seen(found)).toEqual([
      ["a", 0, 80],
      ["b", 0, 20],
      ["c", 0, 7],
    ]);
  });

  it("are left out with weight 0, and nothing serves where no other is", () => {
    const settings = [zone("a", 0, 0)];
    expect(seen(zones(settings, { zone: "a" }, { zone: "b" }))).toEqual([["b", 0, 100]]);
    const alone = assignmentResource(
      "web/v1",
      [instance("web", 1, { zone: "a" })],
      { ...defaultSettings, localities: settings },
      [],
    );
    expect(alone.serves).toBe(false);
  });

  it("have priorities without gaps, in order, whichever of them have instances", () => {
    const settings = [zone("a", 7), zone("b", 2), zone("c", 9)];
    expect(seen(zones(settings, { zone: "a" }, { zone: "c" }))).toEqual([
      ["a", 0, 100],
      ["c", 1, 100],
    ]);
    expect(seen(zones(settings, { zone: "a" }, { zone: "b" }, { zone: "d" }))).toEqual([
      ["d", 0, 100],
      ["b", 1, 100],
      ["a", 2, 100],
    ]);
  });

  it("keep the sum of their weights within what Envoy takes", () => {
    const huge = 4_294_967_295;
    const settings = [zone("a", 0, huge), zone("b", 0, huge)];
    expect(seen(zones(settings, { zone: "a" }, { zone: "b" }))).toEqual([
      ["a", 0, Math.floor(huge / 2)],
      ["b", 0, Math.floor(huge / 2)],
    ]);
  });
});

describe("the endpoints of a subset with a fallback", () => {
  const policyOf = (settings: Partial<ServiceSettings>) => {
    const own = { ...defaultSettings, ...settings };
    const { any } = assignmentResource("web/v1", [instance("web", 1)], own, []);
    return decodeMessage(type, decodeAny(any).value).policy;
  };
  const outlierDetection = {
    consecutive5xx: 3,
    intervalMs: 1_000,
    baseEjectionMs: 1_000,
    maxEjectionPercent: 100,
  };

  it("keep all traffic until the last one is sick", () => {
    const policy = policyOf({ outlierDetection });
    expect(policy?.overprovisioning_factor?.value).toBeGreaterThan(100 * 1_000);
  });

  it("share it where zones have weights, and where no proxy looks at health", () => {
    expect(policyOf({})).toBeUndefined();
    expect(policyOf({ outlierDetection, localities: [zone("a", 0, 5)] })).toBeUndefined();
    const settings = { ...defaultSettings, outlierDetection, localities: [zone("a", 1)] };
    const members = [instance("web", 1), instance("web", 2, { zone: "a" })];
    const { any } = assignmentResource("web/v1", members, settings, []);
    expect(decodeMessage(type, decodeAny(any).value).policy).toBeUndefined();
  });
});

describe("the version of an endpoint", () => {
  const metadata = (servedVersionHeader: string | undefined) => {
    const members = [instance("web", 1, { version: "1.2" }), instance("web", 2)];
    const settings = { ...defaultSettings, servedVersionHeader };
    const { any } = assignmentResource("web/stable", members, settings, []);
    const { endpoints } = decodeMessage(type, decodeAny(any).value);
    return endpoints?.[0]?.lb_endpoints?.map((each) => each.metadata);
  };

  it("is its label, else its subset", () => {
    expect(metadata("x-served-version")).toEqual([
      { filter_metadata: { serin: { version: "1.2" } } },
      { filter_metadata: { serin: { version: "stable" } } },
    ]);
  });

  it("is there only where a header tells it", () => {
    expect(metadata(undefined)).toEqual([undefined, undefined]);
  });
});

const moved = (one: ReturnType<typeof instance>, by: number) => ({
  ...one,
  address: { ...one.address, port: one.address.port + by },
});

describe("the endpoints of a sticky split", () => {
  const part = (subset: string, weight: number, ...ns: readonly number[]): StickyPart => ({
    service: "web" as ServiceName,
    subset: subsetName(subset),
    weight,
    instances: ns.map((n) => instance("web", n, { zone: `zone-${n}` })),
  });
  const sticky = (...parts: readonly StickyPart[]) => {
    const { any } = stickyAssignment("shop/0/sticky", parts, defaultSettings, []);
    const { endpoints } = decodeMessage(type, decodeAny(any).value);
    return endpoints?.map((each) => [
      each.locality?.sub_zone,
      each.load_balancing_weight?.value,
      each.lb_endpoints?.length,
    ]);
  };

  it("are one locality per subset, with the weights of the split", () => {
    expect(sticky(part("v1", 9_000, 1, 2), part("v2", 1_000, 3))).toEqual([
      ["v1", 9_000, 2],
      ["v2", 1_000, 1],
    ]);
  });

  it("leave out subsets without weight or without a usable instance", () => {
    const drained = { ...part("v3", 5), instances: [instance("web", 4, { weight: 0 })] };
    expect(sticky(part("v1", 10, 1), part("v2", 0, 2), drained, part("v4", 5))).toEqual([
      ["v1", 10, 1],
    ]);
  });

  it("weigh the same together in every locality, in their own ratio", () => {
    const weighted = (...weights: readonly number[]) =>
      weights.map((weight, n) => instance("web", n, { weight }));
    const parts = [
      { ...part("v1", 9_000), instances: weighted(100) },
      { ...part("v2", 1_000), instances: weighted(3, 1, 0).map((each) => moved(each, 10)) },
    ];
    const { any } = stickyAssignment("shop/0/sticky", parts, defaultSettings, []);
    const { endpoints } = decodeMessage(type, decodeAny(any).value);
    expect(weightsOf(endpoints)).toEqual([
      [9_000, [10_000]],
      [1_000, [7_500, 2_500, 1]],
    ]);
    expect(endpoints?.[1]?.lb_endpoints?.map((each) => each.health_status)).toEqual([
      undefined,
      undefined,
      "DRAINING",
    ]);
  });

  it("keep subsets of one name apart by their service", () => {
    const parts = [part("v1", 1, 1), { ...part("v1", 1, 2), service: "api" as ServiceName }];
    const { any } = stickyAssignment("shop/0/sticky", parts, defaultSettings, []);
    const { endpoints } = decodeMessage(type, decodeAny(any).value);
    expect(endpoints?.map(({ locality }) => locality)).toEqual([
      { zone: "web", sub_zone: "v1" },
      { zone: "api", sub_zone: "v1" },
    ]);
  });

  it("name no address twice", () => {
    expect(sticky(part("v1", 1, 1, 2), part("v2", 1, 2, 3), part("v3", 1, 1))).toEqual([
      ["v1", 1, 2],
      ["v2", 1, 1],
    ]);
  });
});
