/**
 * One Cluster for each subset. A cluster of its own gives a version exact weights, its own
 * statistics, load reports, outlier detection and circuit breakers, and gRPC clients take it too.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/cluster.proto
 */
import type { ServiceSettings } from "../../model/service.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { AnyMessage } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";

const protocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** HTTP/2 to the endpoints, in clear text where there is no TLS. */
const http2Options: AnyMessage = {
  "@type": `type.googleapis.com/${protocolOptions}`,
  explicit_http_config: { http2_protocol_options: {} },
};

/**
 * Envoy's own bounds (1,024 requests, 3 retries) protect a sidecar; a gateway with many clients runs
 * into them in ordinary load, and then fails requests of a healthy service.
 */
const thresholds = {
  max_connections: wrapped(100_000),
  max_pending_requests: wrapped(100_000),
  max_requests: wrapped(100_000),
  max_retries: wrapped(1_000),
};

/** `name` is also the name of the cluster's load assignment, which EDS delivers. */
export function clusterResource(
  name: string,
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const any = encodeAny("envoy.config.cluster.v3.Cluster", {
    name,
    type: "EDS",
    eds_cluster_config: { eds_config: adsSource },
    connect_timeout: duration(settings.timeouts.connectMs),
    lb_policy: "ROUND_ROBIN",
    circuit_breakers: { thresholds: [thresholds] },
    common_lb_config: {
      // The default, 50 %, sends traffic to endpoints known to be sick when many are.
      healthy_panic_threshold: { value: 0 },
      // The default, 1 s, delays the effect of a change of health by as much.
      update_merge_window: duration(0),
    },
    // Otherwise a removed endpoint that still answers health checks keeps getting traffic.
    ignore_health_on_host_removal: true,
    ...(settings.appProtocol === "http2"
      ? { typed_extension_protocol_options: { [protocolOptions]: http2Options } }
      : {}),
  });
  return makeResource({ typeUrl: typeUrls.cluster, name, any, references: [name], origins });
}
