/**
 * How a cluster chooses among its endpoints. What a request is hashed by stands in the route.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers
 */
import type { LoadBalancing, LocalitySetting } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";

type ClusterMessage = MessageOf<"envoy.config.cluster.v3.Cluster">;

/**
 * Envoy's default as well, and gRPC's. The shares of the endpoints are exact to a few percent, and a
 * ring of this size takes about 230 kB.
 */
const ringSize = { minimum_ring_size: wrapped(1024) };

export function loadBalancingOf({ policy, slowStartMs }: LoadBalancing): ClusterMessage {
  const slowStart =
    slowStartMs === undefined
      ? {}
      : { slow_start_config: { slow_start_window: duration(slowStartMs) } };
  switch (policy) {
    case "roundRobin":
      return slowStartMs === undefined
        ? { lb_policy: "ROUND_ROBIN" }
        : { lb_policy: "ROUND_ROBIN", round_robin_lb_config: slowStart };
    case "leastRequest":
      return slowStartMs === undefined
        ? { lb_policy: "LEAST_REQUEST" }
        : { lb_policy: "LEAST_REQUEST", least_request_lb_config: slowStart };
    case "random":
      return { lb_policy: "RANDOM" };
    case "ringHash":
      return { lb_policy: "RING_HASH", ring_hash_lb_config: ringSize };
    case "maglev":
      return { lb_policy: "MAGLEV" };
  }
}

/**
 * Ring hash whatever the service says, for a cluster that splits by the hash. The ring is as large as
 * gRPC clients make one at the most. Its size is fixed: a ring that grows and shrinks with the least
 * weight would give users back to the old version while the share of the new one grows.
 */
export const splittingRing: ClusterMessage = {
  lb_policy: "RING_HASH",
  ring_hash_lb_config: { minimum_ring_size: wrapped(4096), maximum_ring_size: wrapped(4096) },
};

/**
 * Weights of localities count only where the cluster says so. Where no zone has one, all endpoints
 * stand in one row, whatever their zone.
 */
export const zonesAreWeighted = (localities: readonly LocalitySetting[]): boolean =>
  localities.some(({ weight }) => weight !== undefined);
