import { explainRoutes, type RouteOutcome } from "../../src/explain/explain-routes.ts";
import { arrive } from "../../src/explain/listener.ts";
import { routerRequest, textOf } from "../../src/explain/request.ts";
import { decodeMessage } from "../../src/proto/decode.ts";
import { fromJson } from "../../src/proto/json.ts";
import { ourRoot } from "../../src/proto/root.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { type RawRequest, rawHttp } from "./raw-http.ts";

/** What was routed, told alike by Envoy and by explain. */
export interface Routed {
  readonly status: number;
  readonly virtualHost: string;
  readonly route: string;
  /** Empty: none, or by chance. */
  readonly cluster: string;
  readonly location: string;
}

/** A real Envoy with these rules, and explain with the same. */
export interface RouterLab {
  readonly envoy: Envoy;
  ask(requests: readonly RawRequest[]): Promise<readonly Routed[]>;
  explain(request: RawRequest): Routed;
  outcomes(request: RawRequest): readonly RouteOutcome[];
}

const extensions = "type.googleapis.com/envoy.extensions";
const managerUrl = `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`;

/** Route configuration and settings of the connection manager as proto JSON. */
export async function startRouterLab(
  routes: object,
  settings: object,
  clusters: readonly string[] = ["v1", "v2", "v3"],
): Promise<RouterLab> {
  const routesJson = withMarks(routes);
  const manager = {
    stat_prefix: "x",
    http_filters: [
      { name: "router", typed_config: { "@type": `${extensions}.filters.http.router.v3.Router` } },
    ],
    ...settings,
  };
  const envoy = await startEnvoy({
    bootstrap: bootstrapOf({ "@type": managerUrl, ...manager, route_config: routesJson }, clusters),
  });
  const port = await envoy.listenerPort("x").catch((error: Error) => {
    throw new Error(`${error.message}\n${envoy.logs()}`);
  });
  const decode = <T extends string>(type: T, json: object) => {
    const bytes = fromJson(ourRoot(), type, json);
    if (!bytes.ok) throw new Error(`${bytes.error.path}: ${bytes.error.message}`);
    return decodeMessage(type, bytes.value);
  };
  const configuration = decode("envoy.config.route.v3.RouteConfiguration", routesJson);
  const decodedManager = decode(managerUrl, manager);

  const explained = ({ host, path, method = "GET", headers }: RawRequest) => {
    const asked = { host, path, method, scheme: "http" as const };
    const texts = headers.map(([name, value]) => [name, textOf(value)] as const);
    const arrived = arrive(decodedManager, routerRequest({ ...asked, headers: texts }));
    return { arrived, ...explainRoutes(configuration, arrived.request) };
  };
  return {
    envoy,
    ask: async (requests) =>
      (await rawHttp(port, requests)).map(({ status, headers }) => ({
        status,
        virtualHost: headers.get("x-host") ?? "",
        route: headers.get("x-route") ?? "",
        cluster: headers.get("x-cluster") ?? "",
        location: status === 307 ? "" : (headers.get("location") ?? ""),
      })),
    explain: (request) => {
      const { headers } = request;
      const { arrived, outcomes, virtualHost } = explained(request);
      const nothing = { virtualHost: "", route: "", cluster: "", location: "" };
      if (arrived.redirect !== undefined) return { status: 307, ...nothing };
      const [first] = outcomes;
      // What Envoy itself answers to gRPC has its status in the trailers.
      const isGrpc = headers.some(([, value]) => /^application\/grpc(?:\+|$)/.test(value));
      if (first === undefined) return { status: isGrpc ? 200 : 404, ...nothing };
      return routedBy(first, virtualHost ?? "");
    },
    outcomes: (request) => explained(request).outcomes,
  };
}

function routedBy({ route, decision }: RouteOutcome, virtualHost: string): Routed {
  switch (decision.kind) {
    case "response":
      return { status: decision.status, virtualHost, route, cluster: "", location: "" };
    case "redirect": {
      const { status, to: location } = decision;
      return { status, virtualHost, route, cluster: "", location: status === 307 ? "" : location };
    }
    default: {
      const isHash = decision.kind === "split" && decision.by === "hash";
      const cluster = isHash ? decision.cluster : "";
      return { status: 503, virtualHost, route, cluster, location: "" };
    }
  }
}

const mark = (key: string, value: string) => ({
  response_headers_to_add: [{ header: { key, value } }],
});

type Json = Readonly<Record<string, unknown>>;

/** Every virtual host, route and part of a split says in the answer that it was taken. */
function withMarks(routes: object): object {
  const { virtual_hosts: hosts = [], ...rest } = routes as { virtual_hosts?: readonly Json[] };
  const marked = hosts.map((host) => ({
    ...host,
    ...mark("x-host", String(host["name"])),
    routes: (host["routes"] as readonly Json[]).map((route, index) =>
      markedRoute({ ...route, name: route["name"] ?? `#${index}` }),
    ),
  }));
  return { ...rest, virtual_hosts: marked };
}

function markedRoute(route: Json): Json {
  const action = route["route"] as Json | undefined;
  const weighted = action?.["weighted_clusters"] as Json | undefined;
  const base = { ...route, ...mark("x-route", String(route["name"])) };
  if (weighted === undefined) return base;
  const clusters = (weighted["clusters"] as readonly Json[]).map((cluster) => ({
    ...cluster,
    ...mark("x-cluster", String(cluster["name"])),
  }));
  return { ...base, route: { ...action, weighted_clusters: { ...weighted, clusters } } };
}

/** The clusters have no endpoints: Envoy answers 503 by itself, with the marks of the route. */
function bootstrapOf(manager: object, clusters: readonly string[]): object {
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  const filters = [{ name: "http", typed_config: manager }];
  return {
    static_resources: {
      listeners: [{ name: "x", address, filter_chains: [{ filters }] }],
      clusters: clusters.map((name) => ({
        name,
        type: "STATIC",
        load_assignment: { cluster_name: name },
      })),
    },
  };
}
