import type { Cluster, Listener, RouteConfiguration } from "../../../src/proto/messages.ts";
import { anyOf, duration, wrapped } from "../../../src/proto/values.ts";

/** Big messages in plain form, of the kind that serin sends. */
export const listener: Listener = {
  name: "edge/http",
  address: { socket_address: { address: "0.0.0.0", port_value: 10_000 } },
  enable_reuse_port: wrapped(false),
  traffic_direction: "INBOUND",
  metadata: {
    filter_metadata: { serin: { revision: 12, tags: ["b", "a"], nested: { on: true, off: null } } },
  },
  filter_chains: [
    {
      filter_chain_match: { server_names: ["web.example"], source_ports: [1, 300, 65_535] },
      transport_socket: {
        name: "envoy.transport_sockets.tls",
        typed_config: anyOf("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
          common_tls_context: {
            tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
            tls_certificates: [
              {
                certificate_chain: { filename: "/c.pem" },
                private_key: { inline_bytes: new Uint8Array([1, 2, 255]) },
              },
            ],
          },
          require_client_certificate: wrapped(true),
        }),
      },
      filters: [
        {
          name: "envoy.filters.network.http_connection_manager",
          typed_config: anyOf(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            {
              stat_prefix: "edge",
              codec_type: "AUTO",
              rds: {
                route_config_name: "edge/http",
                config_source: { ads: {}, resource_api_version: "V3" },
              },
              use_remote_address: wrapped(true),
              normalize_path: wrapped(true),
              merge_slashes: true,
              strip_any_host_port: true,
              stream_idle_timeout: duration(300_000),
              request_timeout: duration(1_500),
              path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
              common_http_protocol_options: {
                idle_timeout: duration(3_600_000),
                headers_with_underscores_action: "REJECT_REQUEST",
              },
              http2_protocol_options: {
                max_concurrent_streams: wrapped(100),
                connection_keepalive: {
                  interval: duration(30_000),
                  timeout: duration(5_000),
                  interval_jitter: { value: 12.5 },
                },
              },
              upgrade_configs: [{ upgrade_type: "websocket" }],
              access_log: [
                {
                  name: "envoy.access_loggers.stdout",
                  filter: {
                    status_code_filter: {
                      comparison: {
                        op: "GE",
                        value: { default_value: 500, runtime_key: "log.min" },
                      },
                    },
                  },
                  typed_config: anyOf("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", {
                    log_format: {
                      json_format: { status: "%RESPONSE_CODE%", path: "%REQ(:PATH)%" },
                    },
                  }),
                },
              ],
              http_filters: [
                {
                  name: "envoy.filters.http.router",
                  typed_config: anyOf("envoy.extensions.filters.http.router.v3.Router", {
                    dynamic_stats: wrapped(false),
                  }),
                },
              ],
            },
          ),
        },
      ],
    },
  ],
};

export const cluster: Cluster = {
  name: "web/v2",
  type: "EDS",
  eds_cluster_config: {
    eds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: duration(5_000) },
  },
  connect_timeout: duration(250),
  lb_policy: "LEAST_REQUEST",
  least_request_lb_config: {
    choice_count: wrapped(2),
    active_request_bias: { default_value: 0.5, runtime_key: "bias" },
  },
  ignore_health_on_host_removal: true,
  health_checks: [
    {
      timeout: duration(1_000),
      interval: duration(5_000),
      no_traffic_interval: duration(5_000),
      unhealthy_threshold: wrapped(3),
      healthy_threshold: wrapped(1),
      http_health_check: {
        path: "/health",
        retriable_statuses: [{ start: 500, end: 600 }],
        method: "GET",
      },
    },
  ],
  outlier_detection: {
    consecutive_5xx: wrapped(5),
    max_ejection_percent: wrapped(100),
    base_ejection_time: duration(30_000),
  },
  circuit_breakers: {
    thresholds: [
      {
        priority: "HIGH",
        max_retries: wrapped(1_024),
        retry_budget: { budget_percent: { value: 20 } },
      },
    ],
  },
  common_lb_config: {
    healthy_panic_threshold: { value: 0 },
    update_merge_window: {},
    locality_weighted_lb_config: {},
    override_host_status: { statuses: ["HEALTHY", "DEGRADED"] },
  },
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": anyOf(
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      { explicit_http_config: { http2_protocol_options: {} } },
    ),
  },
  metadata: { filter_metadata: { z: { n: 1.5 }, a: { list: [1, "two", false, null, { x: "" }] } } },
};

/** Only what the published protos know too; `newerRoutes` has the rest. */
export const routes: RouteConfiguration = {
  name: "edge/http",
  ignore_port_in_host_matching: true,
  validate_clusters: wrapped(false),
  virtual_hosts: [
    {
      name: "web",
      domains: ["web", "web.example"],
      retry_policy: {
        retry_on: "5xx,reset",
        num_retries: wrapped(2),
        retriable_status_codes: [503, 504],
        host_selection_retry_max_attempts: 3,
      },
      routes: [
        {
          name: "web/0",
          match: {
            path_separated_prefix: "/api",
            headers: [
              { name: "x-release-stage", string_match: { exact: "canary", ignore_case: true } },
            ],
            query_parameters: [{ name: "debug", present_match: true }],
            runtime_fraction: { default_value: { numerator: 30, denominator: "TEN_THOUSAND" } },
          },
          route: { cluster: "web/v2", timeout: duration(0), prefix_rewrite: "/" },
        },
        {
          name: "web/1",
          match: { prefix: "/", case_sensitive: wrapped(false) },
          route: {
            hash_policy: [
              {
                header: {
                  header_name: "x-user-id",
                  regex_rewrite: { pattern: { regex: "^(.*)$" }, substitution: "web-7:\\1" },
                },
                terminal: true,
              },
            ],
            weighted_clusters: {
              runtime_key_prefix: "w.web",
              header_name: "x-random",
              clusters: [
                {
                  name: "web/v1",
                  weight: wrapped(9_000),
                  response_headers_to_add: [
                    {
                      header: { key: "x-served-version", value: "v1" },
                      append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
                    },
                  ],
                },
                { name: "web/v2", weight: wrapped(1_000) },
              ],
            },
            request_mirror_policies: [
              { cluster: "web/v3", runtime_fraction: { default_value: { numerator: 5 } } },
            ],
            max_stream_duration: { max_stream_duration: duration(60_000) },
          },
          typed_per_filter_config: {
            "envoy.filters.http.router": anyOf(
              "envoy.extensions.filters.http.router.v3.Router",
              {},
            ),
          },
        },
        {
          match: { path: "/old" },
          redirect: { path_redirect: "/new", response_code: "PERMANENT_REDIRECT" },
        },
        {
          match: { safe_regex: { regex: "/x.*" } },
          direct_response: { status: 404, body: { inline_string: "ö" } },
        },
      ],
    },
  ],
};
