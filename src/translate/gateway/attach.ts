/**
 * Which virtual hosts a listener serves: its hostname intersected with those of the routes that are
 * attached to it, and the names of the services that no route has taken.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 */
import { compareText } from "../../lib/compare-text.ts";
import type { GatewayListener } from "../../model/gateway.ts";
import { sameElements } from "../equal.ts";
import { type Edge, noEdge } from "../lane/edge.ts";
import type { IndexedMap } from "../layered-map.ts";
import { encodedAt, type RouteContext } from "../route/encoded-match.ts";
import { anyHost, hostnameRank, intersectHostnames } from "../route/hostname.ts";
import { comparePrecedence } from "../route/precedence.ts";
import type { TranslatedMatch, TranslatedRoute } from "../route/route.ts";
import { type EncodedVirtualHost, virtualHost } from "../route/virtual-host.ts";
import { type ServiceSplit, splitHostAt } from "../service-split.ts";
import { isOwn, type SocketListener } from "./sockets.ts";

/** By domain: the service's name in lower case. Keeps its identity as long as nothing in it changes. */
export type ServiceHosts = IndexedMap<string, ServiceSplit>;

/** A listener, as far as its virtual hosts depend on it. */
export interface HostScope
  extends Pick<SocketListener, "hostname" | "taken">,
    Pick<GatewayListener, "services"> {
  readonly at: RouteContext;
}

/** The virtual hosts of all listeners of one scope. */
export interface AttachedHosts {
  readonly scope: HostScope;
  readonly services: ServiceHosts;
  readonly routes: readonly TranslatedRoute[];
  /** Those that come from routes, by domain. */
  readonly routed: ReadonlyMap<string, RoutedVirtualHost>;
  /** Sorted by domain. */
  readonly virtualHosts: readonly EncodedVirtualHost[];
}

interface RoutedVirtualHost {
  readonly matches: readonly TranslatedMatch[];
  readonly virtualHost: EncodedVirtualHost;
}

/**
 * `routes`: those attached. `before`: what the same scope had last time, from which unchanged parts
 * are taken.
 */
export function attachHosts(
  scope: HostScope,
  services: ServiceHosts,
  routes: readonly TranslatedRoute[],
  before: AttachedHosts | undefined,
): AttachedHosts {
  const last = before?.scope.at.edge === scope.at.edge ? before : undefined;
  const sameRoutes = last !== undefined && sameElements(last.routes, routes);
  if (sameRoutes && last.services === services) return last;
  const routed = sameRoutes ? last.routed : routedHosts(scope, routes, last?.routed);
  const hosts = [...routed.values()].map((each) => each.virtualHost);
  for (const [domain, split] of servicesIn(scope, services)) {
    if (!routed.has(domain)) hosts.push(serviceHost(split, scope.at));
  }
  const sorted = hosts.sort((a, b) => compareText(a.domain, b.domain));
  const same = last !== undefined && sameElements(last.virtualHosts, sorted);
  const virtualHosts = same ? last.virtualHosts : sorted;
  return { scope, services, routes, routed, virtualHosts };
}

/** Services whose names are hosts of the listener. */
function* servicesIn(
  scope: HostScope,
  services: ServiceHosts,
): Generator<readonly [domain: string, split: ServiceSplit]> {
  if (scope.services === "none") return;
  for (const entry of scope.services === "all" ? services : named(scope.services, services)) {
    const [domain] = entry;
    if (intersectHostnames(scope.hostname, domain) === domain && isOwn(scope, domain)) yield entry;
  }
}

/** Not the service of another case that has the domain. */
function* named(
  names: readonly string[],
  services: ServiceHosts,
): Generator<readonly [domain: string, split: ServiceSplit]> {
  for (const name of names) {
    const split = services.get(name.toLowerCase());
    if (split?.routing.service === name) yield [name.toLowerCase(), split];
  }
}

const hostsAtEdges = new WeakMap<Edge, WeakMap<ServiceSplit, EncodedVirtualHost>>();

/** The same objects for the same split and edge. */
function serviceHost(split: ServiceSplit, at: RouteContext): EncodedVirtualHost {
  if (at.edge === noEdge) return split.virtualHost;
  const hosts = hostsAtEdges.get(at.edge) ?? new WeakMap<ServiceSplit, EncodedVirtualHost>();
  hostsAtEdges.set(at.edge, hosts);
  const host = hosts.get(split) ?? splitHostAt(split, at);
  hosts.set(split, host);
  return host;
}

function routedHosts(
  scope: HostScope,
  routes: readonly TranslatedRoute[],
  before: AttachedHosts["routed"] | undefined,
): AttachedHosts["routed"] {
  const routed = new Map<string, RoutedVirtualHost>();
  for (const [domain, matches] of attachedMatches(scope, routes)) {
    const kept = before?.get(domain);
    const made =
      kept !== undefined && sameElements(kept.matches, matches)
        ? kept
        : { matches, virtualHost: routedHost(domain, matches, scope.at) };
    routed.set(domain, made);
  }
  return routed;
}

const routedHost = (
  domain: string,
  matches: readonly TranslatedMatch[],
  at: RouteContext,
): EncodedVirtualHost =>
  virtualHost(
    domain,
    matches.flatMap((match) => encodedAt(match, at)),
    originsOf(matches),
  );

const originsOf = (matches: readonly TranslatedMatch[]): readonly string[] =>
  [...new Set(matches.map(({ origin }) => origin))].sort();

/** The matches of every domain, in the order in which Envoy must try them. */
function attachedMatches(
  scope: HostScope,
  routes: readonly TranslatedRoute[],
): ReadonlyMap<string, readonly TranslatedMatch[]> {
  const ranks = new Map<string, Map<TranslatedRoute, number>>();
  for (const translated of routes) {
    for (const [domain, rank] of domainsOf(scope, translated.route.hostnames)) {
      const attached = ranks.get(domain) ?? new Map<TranslatedRoute, number>();
      ranks.set(domain, attached.set(translated, rank));
    }
  }
  return new Map([...ranks].map(([domain, attached]) => [domain, inOrder(attached)]));
}

/** Domains at which a route answers here, each with the rank of the best hostname behind it. */
export function domainsOf(
  scope: Pick<HostScope, "hostname" | "taken">,
  hostnames: readonly string[],
): ReadonlyMap<string, number> {
  const domains = new Map<string, number>();
  for (const hostname of hostnames.length === 0 ? [anyHost] : hostnames) {
    const domain = intersectHostnames(scope.hostname, hostname);
    if (domain === undefined || !isOwn(scope, domain)) continue;
    domains.set(domain, Math.max(domains.get(domain) ?? 0, hostnameRank(hostname)));
  }
  return domains;
}

function inOrder(attached: ReadonlyMap<TranslatedRoute, number>): readonly TranslatedMatch[] {
  const ranked = [...attached].flatMap(([{ matches }, rank]) =>
    matches.map((match) => ({ match, place: { ...match.placed, hostnameRank: rank } })),
  );
  ranked.sort((a, b) => comparePrecedence(a.place, b.place));
  return ranked.map(({ match }) => match);
}
