/**
 * A subset with those that take its traffic while it has no healthy endpoint, in one cluster that
 * routes can name. What reaches an endpoint is up to its own cluster: protocol, TLS, balancing and
 * limits; only the limit of retries is the aggregate's.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/aggregate_cluster
 */
import type { ServiceSettings } from "../../model/service.ts";
import { encodeAny } from "../../proto/encode.ts";
import { anyOf, duration } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { circuitBreakersOf } from "./circuit-breakers.ts";

/** `members` are names of clusters: first the subset's own, then its fallbacks in turn. */
export function aggregateResource(
  name: string,
  members: readonly string[],
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const any = encodeAny("envoy.config.cluster.v3.Cluster", {
    name,
    cluster_type: {
      name: "envoy.clusters.aggregate",
      typed_config: anyOf("envoy.extensions.clusters.aggregate.v3.ClusterConfig", {
        clusters: members,
      }),
    },
    connect_timeout: duration(settings.timeouts.connectMs),
    lb_policy: "CLUSTER_PROVIDED",
    circuit_breakers: circuitBreakersOf(settings.circuitBreakers),
  });
  const needs = members.map((member) => ({ typeUrl: typeUrls.cluster, name: member }));
  return makeResource({ typeUrl: typeUrls.cluster, name, any, needs, origins });
}
