/**
 * What a node would get, as one static bootstrap that `envoy --mode validate` judges: load
 * assignments and route configurations, which Envoy would fetch, stand inside of what names them.
 */
import { type ProtoJson, resourceBody } from "../admin/resource-body.ts";
import type { Resource } from "../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";

/** A resource in its readable form. */
export interface Shown {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly body: ProtoJson;
}

export const shown = (resource: Resource): Shown => ({
  typeUrl: resource.typeUrl,
  name: resource.name,
  body: resourceBody(resource),
});

/** `resources`: those for every proxy and those of the node's gateway. */
export function staticBootstrap(resources: readonly Shown[]): object {
  const all = (typeUrl: TypeUrl): ReadonlyMap<string, ProtoJson> =>
    new Map(
      resources
        .filter((resource) => resource.typeUrl === typeUrl)
        .map(({ name, body }) => [name, body]),
    );
  const routes = new Map([...all(typeUrls.route), ...routesInScopes(all(typeUrls.scopedRoute))]);
  const assignments = all(typeUrls.endpoint);
  const clusters = [...all(typeUrls.cluster).values()];
  const listeners = [...all(typeUrls.listener).values()].filter((one) => !("api_listener" in one));
  // What nothing here names, above all for gRPC, gets something that names it, to be judged in.
  const named = new Set(routeNames(listeners));
  const unnamed = [...routes.keys()].filter((name) => !named.has(name)).map(listenerFor);
  const asked = new Set(clusters.map(assignmentName));
  const unasked = [...assignments.keys()].filter((name) => !asked.has(name)).map(clusterFor);
  const secrets = all(typeUrls.secret);
  return {
    node: { id: "validate", cluster: "validate" },
    static_resources: {
      secrets: [...secrets.values()],
      clusters: [
        ...[...clusters, ...unasked].map((one) =>
          withSecretServer(withEndpoints(one, assignments)),
        ),
        ...[...secrets].filter(isInline).map(clusterWith),
        secretServer,
      ],
      listeners: [...listeners, ...unnamed].map((one) => withSecretServer(withRoutes(one, routes))),
    },
  };
}

const clusterFor = (assignment: string): ProtoJson => ({
  name: `validate/${assignment}`,
  type: "EDS",
  eds_cluster_config: { service_name: assignment },
});

/** Files are the proxies' own: only what stands here can be judged here. */
const isInline = ([, { tls_certificate: certificate, validation_context: context }]: readonly [
  string,
  ProtoJson,
]): boolean => {
  const text = JSON.stringify(certificate ?? context ?? {});
  return text.includes('"inline_') && !/"(?:filename|environment_variable)"/.test(text);
};

/** Envoy looks into a certificate only where something uses it. */
function clusterWith([name, secret]: readonly [string, ProtoJson]): ProtoJson {
  const config = { name };
  return {
    name: `validate/secret/${name}`,
    type: "STATIC",
    transport_socket: {
      name: "tls",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        common_tls_context:
          "tls_certificate" in secret
            ? { tls_certificate_sds_secret_configs: [config] }
            : { validation_context_sds_secret_config: config },
      },
    },
  };
}

/**
 * Envoy judges scopes only where it fetches them: they stand in route configurations, those of one
 * listener, which have different hosts, in one.
 */
function routesInScopes(scopes: ReadonlyMap<string, ProtoJson>): ReadonlyMap<string, ProtoJson> {
  const found = new Map<string, ProtoJson>();
  for (const [scope, { route_configuration: inline }] of scopes) {
    if (inline === undefined) continue;
    const { name = "", virtual_hosts: hosts = [], ...rest } = inline as ScopeRoutes;
    const key = `scopes/${name === "" ? scope : name}`;
    const known = found.get(key) as ScopeRoutes | undefined;
    const virtual_hosts = [...(known?.virtual_hosts ?? []), ...hosts];
    found.set(key, { ...rest, name: key, virtual_hosts });
  }
  return found;
}

interface ScopeRoutes extends ProtoJson {
  readonly name?: string;
  readonly virtual_hosts?: readonly ProtoJson[];
}

const optionsType = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

const secretServer = {
  name: "validate/secrets",
  typed_extension_protocol_options: {
    [optionsType]: {
      "@type": `type.googleapis.com/${optionsType}`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

const secretSource = {
  resource_api_version: "V3",
  api_config_source: {
    api_type: "GRPC",
    transport_api_version: "V3",
    grpc_services: [{ envoy_grpc: { cluster_name: secretServer.name } }],
  },
};

/**
 * Secrets over ADS crash an Envoy that only validates; one of a server's own it never asks. So the
 * certificates themselves are not judged here: decode has done that.
 */
function withSecretServer(message: ProtoJson): ProtoJson {
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    key === "sds_config" && typeof value === "object" && value !== null && "ads" in value
      ? secretSource
      : value,
  ) as ProtoJson;
}

function routeNames(listeners: readonly ProtoJson[]): readonly string[] {
  const names: string[] = [];
  JSON.stringify(listeners, (key, value: unknown) => {
    if (key === "route_config_name" && typeof value === "string") names.push(value);
    return value;
  });
  return names;
}

/** Of a cluster that fetches its load assignment. */
function assignmentName({ name, eds_cluster_config: eds }: ProtoJson): string | undefined {
  if (eds === undefined) return undefined;
  return (eds as { readonly service_name?: string }).service_name ?? String(name);
}

function withEndpoints(cluster: ProtoJson, assignments: ReadonlyMap<string, ProtoJson>): ProtoJson {
  const { eds_cluster_config: _, ...rest } = cluster;
  const name = assignmentName(cluster);
  if (name === undefined) return cluster;
  const assignment = assignments.get(name) ?? { cluster_name: name };
  return { ...rest, type: "STATIC", load_assignment: assignment };
}

const managerUrl =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const routerUrl = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

const listenerFor = (name: string): ProtoJson => ({
  name: `validate/${name}`,
  address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
  filter_chains: [
    {
      filters: [
        {
          name: "http",
          typed_config: {
            "@type": managerUrl,
            stat_prefix: name,
            rds: { route_config_name: name },
            http_filters: [
              { name: "envoy.filters.http.router", typed_config: { "@type": routerUrl } },
            ],
          },
        },
      ],
    },
  ],
});

/** The listener with its route configurations in place of their names. */
function withRoutes(listener: ProtoJson, routes: ReadonlyMap<string, ProtoJson>): ProtoJson {
  return JSON.parse(JSON.stringify(listener), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("scoped_routes" in value) {
      const { scoped_routes: _, ...rest } = value;
      return { ...rest, route_config: {} };
    }
    if (!("rds" in value)) return value;
    const { rds, ...rest } = value as { readonly rds: { readonly route_config_name: string } };
    const configuration = routes.get(rds.route_config_name) ?? { name: rds.route_config_name };
    // A static Envoy would refuse a route to a cluster that is not there; to serin it is a warning.
    return { ...rest, route_config: { ...configuration, validate_clusters: false } };
  }) as ProtoJson;
}
