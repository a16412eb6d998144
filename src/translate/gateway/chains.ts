/** The filter chains of one socket, with the route configurations that those of HTTP fetch. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway, RouteDelivery } from "../../model/gateway.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import type { Edge } from "../lane/edge.ts";
import { gatewayListenerName } from "../names.ts";
import { anyHost } from "../route/hostname.ts";
import { domainsOf } from "./attach.ts";
import { downstreamTls, secretsOf, type TlsOfListener } from "./downstream-tls.ts";
import { httpFilter } from "./http-connections.ts";
import type { Chain } from "./listener.ts";
import { attachesTo } from "./parents.ts";
import type { SocketListener } from "./sockets.ts";
import { type TranslatedStreamRoute, tcpProxyFilter } from "./stream-route.ts";

type ChainMatch = MessageOf<"envoy.config.listener.v3.FilterChainMatch">;

/** `name`: of the route configuration. */
export const httpChain = (name: string, edge: Edge, delivery: RouteDelivery): Chain => ({
  message: { filters: [httpFilter(name, edge, delivery)] },
  routes: { name, delivery },
  needs: [],
  origins: [],
});

/** Offered to clients over TLS. */
const httpProtocols = ["h2", "http/1.1"] as const;

/** undefined where its certificate is not there. */
export function httpsChain(
  name: string,
  { hostname, listener }: SocketListener,
  tls: TlsOfListener,
  edge: Edge,
): Chain | undefined {
  if (tls.kind !== "terminate") return undefined;
  const { routeDelivery: delivery } = listener;
  return {
    message: {
      name,
      ...matchOf(hostname, {}),
      filters: [httpFilter(name, edge, delivery)],
      transport_socket: downstreamTls(tls.tls, httpProtocols),
    },
    routes: { name, delivery },
    needs: secretsOf(tls.tls),
    origins: [],
  };
}

export interface Chains {
  readonly chains: readonly Chain[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One for each name that connections are told apart by; `routes`: attached, the older first. */
export function streamChains(
  gateway: Gateway,
  at: SocketListener,
  tls: TlsOfListener,
  routes: readonly TranslatedStreamRoute[],
): Chains {
  if (tls.kind === "unavailable") return { chains: [], diagnostics: [] };
  const name = gatewayListenerName(gateway.name, at.listener.name);
  const owners = new Map<string, TranslatedStreamRoute>();
  const diagnostics: Diagnostic[] = [];
  for (const translated of routes) {
    for (const domain of streamDomains(at, translated)) {
      const owner = owners.get(domain);
      if (owner === undefined) owners.set(domain, translated);
      else diagnostics.push(streamClash(translated, owner, name, domain));
    }
  }
  const chains = [...owners].map(([domain, route]): Chain => {
    const terminates = tls.kind === "terminate";
    const isTls = at.listener.protocol === "TLS";
    // What is no TLS must not be passed through as if it were.
    const match = isTls && !terminates ? { transport_protocol: "tls" } : {};
    return {
      message: {
        name: domain === anyHost ? name : `${name}/${domain}`,
        ...matchOf(domain, match),
        filters: [tcpProxyFilter(name, route)],
        ...(terminates ? { transport_socket: downstreamTls(tls.tls, []) } : {}),
      },
      routes: undefined,
      needs: [
        ...route.clusters.map((cluster) => ({ typeUrl: typeUrls.cluster, name: cluster.name })),
        ...(terminates ? secretsOf(tls.tls) : []),
      ],
      origins: [route.route.origin],
    };
  });
  return { chains, diagnostics };
}

/**
 * Connections to names that nothing is served at, closed: otherwise the chain of a wider listener of
 * the socket would take them.
 */
export function closingChains(
  gateway: Gateway,
  listeners: readonly SocketListener[],
  chains: readonly Chain[],
): readonly Chain[] {
  const served = new Set(
    chains.flatMap(({ message }) => message.filter_chain_match?.server_names ?? []),
  );
  const apart = new Set(listeners.flatMap(({ taken }) => taken));
  return listeners
    .filter(({ hostname }) => apart.has(hostname) && !served.has(hostname))
    .map(({ hostname, listener }): Chain => {
      const name = gatewayListenerName(gateway.name, listener.name);
      const filters = [tcpProxyFilter(name, { clusters: [] })];
      const message = { name: `${name}/closed`, ...matchOf(hostname, {}), filters };
      return { message, routes: undefined, needs: [], origins: [] };
    });
}

/** A TCPRoute has no names: it takes all of the listener. */
const streamDomains = (at: SocketListener, { route }: TranslatedStreamRoute): readonly string[] => [
  ...domainsOf(at, route.kind === "tcp" ? [] : route.hostnames).keys(),
];

export const attachedStreams = (
  gateway: Gateway,
  { listener }: SocketListener,
  routes: readonly TranslatedStreamRoute[],
): readonly TranslatedStreamRoute[] =>
  routes.filter(({ route }) => attachesTo(route, gateway, listener));

function matchOf(hostname: string, match: ChainMatch) {
  const whole = hostname === anyHost ? match : { ...match, server_names: [hostname] };
  return Object.keys(whole).length === 0 ? {} : { filter_chain_match: whole };
}

function streamClash(
  { route }: TranslatedStreamRoute,
  owner: TranslatedStreamRoute,
  listener: string,
  domain: string,
): Diagnostic {
  const connections = domain === anyHost ? "the connections" : `connections to ${domain}`;
  return {
    severity: "warning",
    code: "HOSTNAME_CLASH",
    key: route.origin,
    revision: 0n,
    path: "",
    message: `${owner.route.origin} is older and has ${connections} of listener ${listener}`,
  };
}
