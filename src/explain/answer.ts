/**
 * The whole answer to "where does this request go": for each listener that it may come in at, the
 * way through it to the instances.
 */
import { type ManagedName, managedNamesIn } from "../lib/managed-route-name.ts";
import type { Listener, RouteConfiguration, TcpProxy, VirtualHost } from "../proto/messages.ts";
import type { Decision } from "./decide.ts";
import { type ClusterEndpoints, endpointsOf } from "./endpoints.ts";
import { clustersOf, type Explanation, explainRoutes } from "./explain-routes.ts";
import { arrive, type ListenerRouting, listenerRouting } from "./listener.ts";
import { type AskedRequest, type RouterRequest, routerRequest, textOf } from "./request.ts";
import { ownMarks, scopeKeyOf, withoutMarks } from "./scopes.ts";
import {
  type ExplainSource,
  type Found,
  type ResourceKey,
  remembering,
  type Served,
  servedBy,
} from "./source.ts";
import { routesOfHost, type Why, whyOf } from "./why.ts";

export interface Question extends Omit<AskedRequest, "scheme"> {
  /** Only this gateway, or these; undefined: all. */
  readonly gateways: readonly string[] | undefined;
  /** Only this listener, by its name in the gateway or as a resource; undefined: all. */
  readonly listener: string | undefined;
  /** What a gRPC client without a proxy gets that asks for the service `host`. */
  readonly grpc: boolean;
}

export interface Answer {
  /** null for gRPC clients without a proxy. */
  readonly gateway: string | null;
  /** Name of the listener resource. */
  readonly listener: string;
  /** `0.0.0.0:80`; null where it has no socket. */
  readonly address: string | null;
  /** Whether only proxies get it that no other gateway selects. */
  readonly forTheRest: boolean;
  /** What the listener changes of the request before it routes it, one line each. */
  readonly changes: readonly string[];
  /** Where the client is sent in place of being routed; null: it is routed. */
  readonly redirect: string | null;
  /** Why nothing is routed here; null: something is. */
  readonly problem: string | null;
  /** null where there is a problem, or a connection is forwarded as it is. */
  readonly explanation: AnsweredRoutes | null;
  /** Of connections that are forwarded as they are (TCP, TLS passed through). */
  readonly connection: Decision | null;
  /** Every cluster that the request may go to, in the order of the outcomes. */
  readonly clusters: readonly ClusterEndpoints[];
  /** What the diagnostics say where the answer is an error, or a route with this host is not here. */
  readonly why: readonly Why[];
  /** What it was read from besides the listener. */
  readonly resources: readonly ResourceKey[];
}

export interface AnsweredRoutes extends Explanation {
  /** Store keys behind each outcome's route, in the order of the outcomes. */
  readonly origins: readonly (readonly string[])[];
  /** Routes of releases that have taken the request, in the order of the outcomes. */
  readonly releases: readonly (readonly ManagedName[])[];
  /** Where no virtual host is for the host: some of the hosts that lead to a service of this name. */
  readonly instead: readonly string[];
  /** Where no virtual host is for the host: keys of routes that have it, and are not here. */
  readonly unattached: readonly string[];
  /** Whether serin made the routes from objects, so that one without a name is a service's own. */
  readonly generated: boolean;
}

export function answer(source: ExplainSource, question: Question): readonly Answer[] {
  if (question.grpc) return grpcAnswers(source, question);
  const wanted = source.gateways.filter(
    ({ name }) => question.gateways === undefined || question.gateways.includes(name),
  );
  const shared = servedBy(source.shared);
  return wanted.flatMap(({ name, resources, forTheRest }) => {
    const served = servedBy(resources, shared);
    return served
      .listeners()
      .filter((found) => isListener(found, name, question.listener))
      .map((found) => ({ ...answerAt(source, served, name, found, question), forTheRest }));
  });
}

function isListener({ name }: Found<"listener">, gateway: string, wanted: string | undefined) {
  return wanted === undefined || name === wanted || name === `${gateway}/${wanted}`;
}

/** Names of the listener resources that there are to ask about, sorted. */
export const listenerNames = ({ gateways }: ExplainSource): readonly string[] =>
  gateways.flatMap(({ resources }) =>
    servedBy(resources)
      .listeners()
      .map(({ name }) => name),
  );

/** A client asks for the listener of the service's name. */
function grpcAnswers(source: ExplainSource, question: Question): readonly Answer[] {
  const served = servedBy(source.shared);
  const found = served.find("listener", question.host);
  return found === undefined ? [] : [answerAt(source, served, null, found, question)];
}

function answerAt(
  source: ExplainSource,
  all: Served,
  gateway: string | null,
  { name: listener, message }: Found<"listener">,
  question: Question,
): Answer {
  const served = remembering(all);
  const base = {
    gateway,
    listener,
    address: addressOf(message),
    forTheRest: false,
    changes: [],
    redirect: null,
    problem: null,
    explanation: null,
    connection: null,
    clusters: [],
    why: [],
    resources: [],
  };
  const routing = listenerRouting(message, question.host);
  switch (routing.kind) {
    case "none":
      return { ...base, problem: routing.reason };
    case "tcp": {
      const connection = connectionDecision(routing.proxy);
      const clusters = clustersFor(served, [connection]);
      return { ...base, connection, clusters, resources: served.read() };
    }
    case "http": {
      const found = routed(source, served, listener, routing, question);
      return { ...base, ...found, resources: served.read() };
    }
  }
}

type Routed = Pick<Answer, "changes" | "redirect" | "problem" | "explanation" | "clusters" | "why">;

type HttpRouting = Extract<ListenerRouting, { kind: "http" }>;

function routed(
  source: ExplainSource,
  served: Served,
  listener: string,
  routing: HttpRouting,
  question: Question,
): Routed {
  const { manager, tls } = routing;
  const scheme = tls ? "https" : "http";
  const arrived = arrive(manager, routerRequest({ ...question, scheme }));
  const found = routesFor(served, listener, routing, arrived.request);
  const base = { changes: arrived.changes.map(textOf), redirect: null, problem: null };
  if (found.kind === "missing") {
    const problem = `route configuration ${found.name} is not there: 404`;
    return { ...base, problem, explanation: null, clusters: [], why: [] };
  }
  if (arrived.refused) {
    const problem = "the path has an escaped slash, which is refused: 400";
    return { ...base, problem, explanation: null, clusters: [], why: [] };
  }
  if (arrived.redirect !== undefined) {
    const redirect = textOf(arrived.redirect);
    return { ...base, redirect, explanation: null, clusters: [], why: [] };
  }
  const { configuration, origins: keys } = found;
  const explained = explainRoutes(withoutMarks(configuration, ownMarks(manager)), arrived.request);
  const { outcomes } = explained;
  const isLost = explained.virtualHost === null;
  const hosts =
    manager.scoped_routes === undefined
      ? (configuration.virtual_hosts ?? [])
      : hostsTo(served, listener, question.host);
  const generated = !keys.some((key) => /^(?:resources|snapshots)\//.test(key));
  const explanation: AnsweredRoutes = {
    ...explained,
    origins: outcomes.map(({ route }) => originsOf(route, keys)),
    releases: outcomes.map(({ route }) => (generated ? managedNamesIn(route) : [])),
    instead: isLost ? insteadOf(hosts, question.host) : [],
    unattached: isLost ? routesOfHost(source.routes(), question.host) : [],
    generated,
  };
  const decisions = outcomes.map(({ decision }) => decision);
  const why = whyOf(explanation, source.diagnostics);
  return { ...base, explanation, clusters: clustersFor(served, decisions), why };
}

type RoutesFound =
  | {
      readonly kind: "found";
      readonly configuration: RouteConfiguration;
      readonly origins: readonly string[];
    }
  | { readonly kind: "missing"; readonly name: string };

/** Of a scope that names its route configuration, that one. No scope: a configuration of nothing. */
function routesFor(
  served: Served,
  listener: string,
  { routes, manager }: HttpRouting,
  request: RouterRequest,
): RoutesFound {
  if (typeof routes === "object") return { kind: "found", configuration: routes, origins: [] };
  if (routes !== undefined) return routesNamed(served, routes);
  const key = scopeKeyOf(manager.scoped_routes ?? {}, request);
  const scope = key === undefined ? undefined : served.scope(key);
  if (scope === undefined) {
    return { kind: "found", configuration: { name: listener }, origins: [] };
  }
  const { route_configuration: inline, route_configuration_name: name = "" } = scope.message;
  if (inline === undefined) return routesNamed(served, name);
  return { kind: "found", configuration: inline, origins: scope.origins };
}

function routesNamed(served: Served, name: string): RoutesFound {
  const found = served.find("route", name);
  if (found === undefined) return { kind: "missing", name };
  return { kind: "found", configuration: found.message, origins: found.origins };
}

function hostsTo(served: Served, listener: string, service: string): readonly VirtualHost[] {
  const hosts: VirtualHost[] = [];
  for (const { message } of served.scopesTo(listener, service)) {
    hosts.push(...(message.route_configuration?.virtual_hosts ?? []));
    if (hosts.length >= mostInstead) break;
  }
  return hosts;
}

/**
 * Routes are called after their objects, those of lanes and releases after both: `shop/0/1`,
 * `shop/0/1/~gray`, `shop/0/1/rollout:web:testers`.
 */
function originsOf(route: string, keys: readonly string[]): readonly string[] {
  const objects = keys.filter((key) => {
    const [kind = "", name = ""] = key.split("/");
    return kind.endsWith("routes") && (route === name || route.startsWith(`${name}/`));
  });
  const lanes = route.split("/").filter((part) => part.startsWith("~"));
  const releases = managedNamesIn(route).map(({ service }) => `rollouts/${service}`);
  return [...objects, ...lanes.map((part) => `lanes/${part.slice(1)}`), ...releases];
}

const mostInstead = 5;

function insteadOf(hosts: readonly VirtualHost[], service: string): readonly string[] {
  const leads = hosts.filter(({ routes = [] }) =>
    routes.some((route) => clustersOf(route).some((name) => name.startsWith(`${service}/`))),
  );
  return leads.flatMap(({ domains = [] }) => domains).slice(0, mostInstead);
}

function connectionDecision({ cluster, weighted_clusters: weighted }: TcpProxy): Decision {
  if (cluster !== undefined) return { kind: "cluster", cluster };
  const clusters = weighted?.clusters ?? [];
  const sum = clusters.reduce((total, { weight = 0 }) => total + weight, 0);
  if (sum === 0) return { kind: "unknown", unknown: "a connection that no cluster is named for" };
  const shares = clusters.map(({ name = "", weight = 0 }) => {
    return { cluster: name, weight, share: weight / sum };
  });
  return { kind: "split", by: "chance", note: null, shares };
}

/** Those that get something. */
function clustersFor(served: Served, decisions: readonly Decision[]): readonly ClusterEndpoints[] {
  const names = new Set(decisions.flatMap(clusterNames));
  return [...names].map((name) => endpointsOf(served, name));
}

function clusterNames(decision: Decision): readonly string[] {
  if (decision.kind === "cluster") return [decision.cluster];
  if (decision.kind !== "split") return [];
  if (decision.by === "hash") return [decision.cluster];
  return decision.shares.filter(({ share }) => share > 0).map(({ cluster }) => cluster);
}

function addressOf({ address }: Listener): string | null {
  const socket = address?.socket_address;
  return socket === undefined ? null : `${socket.address ?? ""}:${socket.port_value ?? 0}`;
}
