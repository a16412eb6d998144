/**
 * A socket on which selected Envoys listen, with the settings that Envoy recommends at the edge.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
import type { GatewayListener } from "../../model/gateway.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { AnyMessage } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";

export const connectionManagerUrl =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager" as const;

/** The last HTTP filter, without which nothing is routed; gRPC clients demand it as well. */
export const routerFilter = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
} as const;

/** `name` is the name of the listener and of its route configuration. */
export function listenerResource(
  name: string,
  listener: GatewayListener,
  origins: readonly string[],
): Resource {
  const any = encodeAny("envoy.config.listener.v3.Listener", {
    name,
    address: { socket_address: { address: listener.address, port_value: listener.port } },
    // Bounds the memory that one slow client can hold.
    per_connection_buffer_limit_bytes: wrapped(32 * 1024),
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: connectionManager(name),
          },
        ],
      },
    ],
  });
  return makeResource({ typeUrl: typeUrls.listener, name, any, references: [name], origins });
}

function connectionManager(name: string): AnyMessage {
  return {
    "@type": connectionManagerUrl,
    codec_type: "AUTO",
    stat_prefix: name,
    rds: { config_source: adsSource, route_config_name: name },
    http_filters: [routerFilter],
    // The client is who connects, whatever X-Forwarded-For it sends.
    use_remote_address: wrapped(true),
    // Routes match the path that the backend will see.
    normalize_path: wrapped(true),
    merge_slashes: true,
    path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
    common_http_protocol_options: { idle_timeout: duration(hour) },
    http2_protocol_options: {
      max_concurrent_streams: wrapped(100),
      initial_stream_window_size: wrapped(64 * 1024),
      initial_connection_window_size: wrapped(1024 * 1024),
    },
    stream_idle_timeout: duration(5 * minute),
    // A client that never finishes its headers holds a connection no longer than this.
    request_headers_timeout: duration(10 * second),
  };
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
