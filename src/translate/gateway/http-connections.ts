/**
 * The network filter that speaks HTTP, with the settings that Envoy recommends at the edge.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
 */
import type { RouteDelivery } from "../../model/gateway.ts";
import type { AnyMessage, HeaderMutation, MessageOf } from "../../proto/messages.ts";
import { anyOf, duration, wrapped } from "../../proto/values.ts";
import { adsSource } from "../ads-source.ts";
import type { Edge } from "../lane/edge.ts";
import { corsFilterName, rateLimitFilterName } from "../route/per-route-filters.ts";
import { connectionManagerUrl, routerFilter } from "./listener.ts";
import { scopeMark, scopesByHost } from "./scope-key.ts";

/** `name` is that of the route configuration, of the statistics, and of the listener in scope keys. */
export const httpFilter = (
  name: string,
  edge: Edge,
  delivery: RouteDelivery,
): MessageOf<"envoy.config.listener.v3.Filter"> => ({
  name: "envoy.filters.network.http_connection_manager",
  typed_config: connectionManager(name, edge, delivery),
});

function connectionManager(name: string, { stripped }: Edge, delivery: RouteDelivery): AnyMessage {
  const mutations: HeaderMutation[] = stripped.map((remove) => ({ remove }));
  if (delivery === "scoped") mutations.push(scopeMark(name));
  return {
    "@type": connectionManagerUrl,
    codec_type: "AUTO",
    stat_prefix: name,
    ...(delivery === "scoped"
      ? { scoped_routes: scopesByHost }
      : { rds: { config_source: adsSource, route_config_name: name } }),
    http_filters: [corsFilter, rateLimitFilter, routerFilter],
    // Routes say nothing of upgrades: a WebSocket goes where its request does.
    upgrade_configs: [{ upgrade_type: "websocket" }],
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
    ...(mutations.length === 0 ? {} : { early_header_mutation_extensions: [mutating(mutations)] }),
  };
}

/** Neither does anything until a route configures it. */
const corsFilter = {
  name: corsFilterName,
  typed_config: anyOf("envoy.extensions.filters.http.cors.v3.Cors", {}),
};
const rateLimitFilter = {
  name: rateLimitFilterName,
  typed_config: anyOf("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
    stat_prefix: "serin",
  }),
};

/** Before a route is chosen, unlike what routes ask for. */
const mutating = (mutations: readonly HeaderMutation[]) => ({
  name: "envoy.http.early_header_mutation.header_mutation",
  typed_config: anyOf(
    "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
    { mutations },
  ),
});

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
