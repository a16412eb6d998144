/** Envoy's resources as proto JSON, in a few words each, for tests with raw resources. */

export const extensions = "type.googleapis.com/envoy.extensions";

export const ads = { ads: {}, resource_api_version: "V3" };

/** The services of one type each, not the aggregated one. */
export const alone = (api_type: "GRPC" | "DELTA_GRPC"): object => ({
  resource_api_version: "V3",
  api_config_source: {
    api_type,
    transport_api_version: "V3",
    set_node_on_first_message_only: true,
    grpc_services: [{ envoy_grpc: { cluster_name: "serin" } }],
  },
});

export const routeTo = (action: object, match: object = {}): object => ({
  match: { prefix: "/", ...match },
  ...action,
});

export const answer = (body: string): object => ({
  direct_response: { status: 200, body: { inline_string: body } },
});

/** Routes for every host. */
export const hosts = (...routes: readonly object[]): object => ({
  virtual_hosts: [{ name: "all", domains: ["*"], routes }],
});

const router = {
  name: "router",
  typed_config: { "@type": `${extensions}.filters.http.router.v3.Router` },
};

export const manager = (routing: object, filters: readonly object[] = []): object => ({
  name: "http",
  typed_config: {
    "@type": `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "raw",
    http_filters: [...filters, router],
    ...routing,
  },
});

/** On a port that the kernel chooses. */
export const listener = (filter: object): object => ({
  address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
  filter_chains: [{ filters: [filter] }],
});

export const edsCluster = (eds_config: object, connect_timeout = "1s"): object => ({
  type: "EDS",
  connect_timeout,
  eds_cluster_config: { eds_config },
});

export const assignmentTo = (port_value: number): object => {
  const address = { socket_address: { address: "127.0.0.1", port_value } };
  return { endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
};
