import { isIP } from "node:net";
import { assert } from "../lib/assert.ts";
import { weightsLayer } from "../translate/weights/runtime.ts";
import { statSink } from "./stat-sink.ts";

/**
 * Bootstraps that point a proxy at serin, as plain objects. The files in `envoy/` are made from
 * them; `serin bootstrap` prints them. Spec: envoy.config.bootstrap.v3.Bootstrap, and gRPC proposal
 * A27 for clients without a proxy.
 */
export interface BootstrapOptions {
  readonly nodeId: string;
  /** The node's cluster: what a gateway's `nodeSelector` names. */
  readonly cluster: string;
  /** At least one; Envoy takes the next one at each attempt to connect. */
  readonly servers: readonly XdsServerAddress[];
  readonly tls?: BootstrapTls;
}

export interface EnvoyBootstrapOptions extends BootstrapOptions {
  readonly mode: "delta" | "sotw";
  /** Default 9901, on loopback. */
  readonly adminPort?: number;
  /**
   * Whether weights come in a runtime layer; default: they do. An Envoy waits for its layers before
   * anything else, and for one that its server does not have 15 s: in the state of the world there is
   * no answer that says so.
   */
  readonly layer?: boolean;
  /** Whether the Envoy tells what it finds of instances; default: it does not, since that costs. */
  readonly verdicts?: boolean;
  /** Whether it tells how long requests took; default: it does not. */
  readonly latency?: boolean;
}

export interface XdsServerAddress {
  /** IP address or DNS name. */
  readonly host: string;
  readonly port: number;
}

/** Files as the proxy sees them. */
export interface BootstrapTls {
  readonly caFile: string;
  /** Name in serin's certificate; default: the host of the first server. */
  readonly serverName?: string;
  /** The proxy's own certificate, where serin asks for one. */
  readonly client?: { readonly certFile: string; readonly keyFile: string };
}

type Json = Readonly<Record<string, unknown>>;

/** Name of the cluster that serin itself is, in an Envoy. */
export const xdsClusterName = "serin";

export function envoyBootstrap(options: EnvoyBootstrapOptions): Json {
  const { nodeId, cluster, mode, adminPort = 9901, layer = true } = options;
  const { verdicts = false, latency = false } = options;
  return {
    node: { id: nodeId, cluster },
    admin: { address: socketAddress({ host: "127.0.0.1", port: adminPort }) },
    dynamic_resources: {
      ads_config: {
        api_type: mode === "delta" ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: xdsClusterName,
              retry_policy: { retry_back_off: { base_interval: "0.25s", max_interval: "5s" } },
            },
          },
        ],
      },
      cds_config: { ads: {}, resource_api_version: "V3" },
      lds_config: { ads: {}, resource_api_version: "V3" },
    },
    cluster_manager: { load_stats_config: loadStats },
    ...(layer && { layered_runtime: layeredRuntime }),
    ...((verdicts || latency) && {
      stats_sinks: [statSink({ nodeId, cluster: xdsClusterName, verdicts, latency })],
    }),
    static_resources: { clusters: [xdsCluster(options)] },
  };
}

/** There is no other place for it: an Envoy does not look at `lrs_server` of a cluster. */
const loadStats: Json = {
  api_type: "GRPC",
  transport_api_version: "V3",
  grpc_services: [{ envoy_grpc: { cluster_name: xdsClusterName } }],
};

const layeredRuntime: Json = {
  layers: [
    {
      name: weightsLayer,
      rtds_layer: {
        name: weightsLayer,
        rtds_config: { ads: {}, resource_api_version: "V3" },
      },
    },
    { name: "admin", admin_layer: {} },
  ],
};

/** Bootstrap of a proxyless gRPC client: the file that GRPC_XDS_BOOTSTRAP names. */
export function grpcBootstrap(options: BootstrapOptions): Json {
  const { nodeId, cluster, servers, tls } = options;
  assert(servers.length > 0, "a bootstrap names at least one server");
  return {
    xds_servers: servers.map((server) => ({
      server_uri: `${bracketed(server.host)}:${server.port}`,
      channel_creds: [tls === undefined ? { type: "insecure" } : tlsCredentials(tls)],
      server_features: ["xds_v3"],
    })),
    node: { id: nodeId, cluster, locality: {} },
  };
}

function xdsCluster({ servers, tls }: EnvoyBootstrapOptions): Json {
  const [first] = servers;
  assert(first !== undefined, "a bootstrap names at least one server");
  const byName = servers.some((server) => isIP(server.host) === 0);
  return {
    name: xdsClusterName,
    ...(byName ? { type: "STRICT_DNS", dns_lookup_family: "ALL" } : { type: "STATIC" }),
    lb_policy: "ROUND_ROBIN",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: "5s", timeout: "3s" } },
        },
      },
    },
    load_assignment: {
      cluster_name: xdsClusterName,
      endpoints: [
        {
          lb_endpoints: servers.map((server) => ({ endpoint: { address: socketAddress(server) } })),
        },
      ],
    },
    ...(tls === undefined
      ? {}
      : { transport_socket: tlsSocket(tls, tls.serverName ?? first.host) }),
  };
}

function tlsSocket({ caFile, client }: BootstrapTls, serverName: string): Json {
  const isAddress = isIP(serverName) !== 0;
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      // An address is no valid server name indication (RFC 6066, section 3).
      ...(isAddress ? {} : { sni: serverName }),
      common_tls_context: {
        alpn_protocols: ["h2"],
        ...(client === undefined
          ? {}
          : {
              tls_certificates: [
                {
                  certificate_chain: { filename: client.certFile },
                  private_key: { filename: client.keyFile },
                },
              ],
            }),
        validation_context: {
          trusted_ca: { filename: caFile },
          match_typed_subject_alt_names: [
            { san_type: isAddress ? "IP_ADDRESS" : "DNS", matcher: { exact: serverName } },
          ],
        },
      },
    },
  };
}

/** Field names of gRPC proposal A65. */
function tlsCredentials({ caFile, client }: BootstrapTls): Json {
  return {
    type: "tls",
    config: {
      ca_certificate_file: caFile,
      ...(client === undefined
        ? {}
        : { certificate_file: client.certFile, private_key_file: client.keyFile }),
    },
  };
}

const socketAddress = ({ host, port }: XdsServerAddress): Json => ({
  socket_address: { address: host, port_value: port },
});

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);
