/**
 * One Cluster for each subset. A cluster of its own gives a version exact weights, its own
 * statistics, load reports, outlier detection and circuit breakers, and gRPC clients take it too.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto
 */
import { looksAtHealth, type ServiceSettings } from "../../model/service.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { AnyMessage, MessageOf } from "../../proto/messages.ts";
import { duration } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";
import { circuitBreakersOf } from "./circuit-breakers.ts";
import { healthCheckOf } from "./health-check.ts";
import { loadBalancingOf, splittingRing, zonesAreWeighted } from "./load-balancing.ts";
import { outlierDetectionOf } from "./outlier-detection.ts";
import { secretsOf, upstreamTlsOf } from "./upstream-tls.ts";

type ClusterMessage = MessageOf<"envoy.config.cluster.v3.Cluster">;

const protocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** HTTP/2 to the endpoints, in clear text where there is no TLS. */
const http2Options: AnyMessage = {
  "@type": `type.googleapis.com/${protocolOptions}`,
  explicit_http_config: { http2_protocol_options: {} },
};

export interface ClusterOptions {
  /** Name of the load assignment, which EDS delivers; default: the cluster's own. */
  readonly assignment?: string;
  /** Nobody stands in for this one: when all of its endpoints are sick, they are tried all the same. */
  readonly isLastResort?: boolean;
}

/** The part of `name` before the first `/` is the service's: the Host of health checks that name none. */
export function clusterResource(
  name: string,
  settings: ServiceSettings,
  origins: readonly string[],
  { assignment = name, isLastResort = false }: ClusterOptions = {},
): Resource {
  const commonLbConfig = commonLb(settings, zonesAreWeighted(settings.localities), isLastResort);
  return edsCluster(
    { name, assignment },
    settings,
    { ...loadBalancingOf(settings.loadBalancing), common_lb_config: commonLbConfig },
    origins,
  );
}

/**
 * The cluster of a sticky split for gRPC clients: a ring over weighted localities, one per subset.
 * Its load assignment is `stickyAssignment`.
 */
export function stickyClusterResource(
  name: string,
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const balancing = { ...splittingRing, common_lb_config: commonLb(settings, true) };
  return edsCluster({ name, assignment: name }, settings, balancing, origins);
}

function edsCluster(
  { name, assignment }: { readonly name: string; readonly assignment: string },
  settings: ServiceSettings,
  balancing: ClusterMessage,
  origins: readonly string[],
): Resource {
  const { tls } = settings;
  const any = encodeAny("envoy.config.cluster.v3.Cluster", {
    name,
    type: "EDS",
    eds_cluster_config: {
      eds_config: adsSource,
      ...(assignment === name ? {} : { service_name: assignment }),
    },
    connect_timeout: duration(settings.timeouts.connectMs),
    circuit_breakers: circuitBreakersOf(settings.circuitBreakers),
    // Otherwise a removed endpoint that still answers health checks keeps getting traffic.
    ignore_health_on_host_removal: true,
    ...balancing,
    ...healthOf(name, settings),
    ...(tls === undefined ? {} : { transport_socket: upstreamTlsOf(tls, settings.appProtocol) }),
    ...(settings.appProtocol === "http2"
      ? { typed_extension_protocol_options: { [protocolOptions]: http2Options } }
      : {}),
  });
  const needs = tls === undefined ? [] : secretsOf(tls);
  const references = [assignment];
  return makeResource({ typeUrl: typeUrls.cluster, name, any, references, needs, origins });
}

function healthOf(name: string, settings: ServiceSettings): ClusterMessage {
  const { healthCheck, outlierDetection, appProtocol, tls } = settings;
  const host = tls?.sni ?? name.replace(/\/.*$/, "");
  const check = healthCheck && healthCheckOf(healthCheck, appProtocol, host);
  return {
    ...(check === undefined ? {} : { health_checks: [check] }),
    ...(outlierDetection === undefined
      ? {}
      : { outlier_detection: outlierDetectionOf(outlierDetection) }),
  };
}

function commonLb(
  settings: ServiceSettings,
  weightedZones: boolean,
  isLastResort = false,
): NonNullable<ClusterMessage["common_lb_config"]> {
  return {
    // The default, 50 %, sends traffic to endpoints known to be sick when many are. 1 %: when all are.
    healthy_panic_threshold: { value: isLastResort && looksAtHealth(settings) ? 1 : 0 },
    // The default, 1 s, delays the effect of a change of health by as much.
    update_merge_window: duration(0),
    // Otherwise new endpoints, sick until the first check, make those that serve look too few.
    ...(settings.healthCheck === undefined ? {} : { ignore_new_hosts_until_first_hc: true }),
    ...(weightedZones ? { locality_weighted_lb_config: {} } : {}),
  };
}
