import { describe, expect, it } from "vitest";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import { assignmentResource } from "../../../../src/translate/cluster/assignment.ts";
import { instance } from "../states.ts";

const type = "envoy.config.endpoint.v3.ClusterLoadAssignment";

function decoded(...instances: readonly ReturnType<typeof instance>[]) {
  const { any } = assignmentResource("web/v1", instances, []);
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
      return assignmentResource("web/v1", instances, []).serves;
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
    const version = (port: number) => assignmentResource("c", [instance("web", port)], []).version;
    expect(version(1)).toBe(version(1));
    expect(version(1)).not.toBe(version(2));
  });
});
