/**
 * Which virtual hosts a listener serves: its hostname intersected with those of the routes, and the
 * names of the services that no route has taken.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 */
import { compareText } from "../../lib/compare-text.ts";
import { sameElements } from "../equal.ts";
import { noEdge } from "../lane/edge.ts";
import { encodedAt, type RouteContext } from "../route/encoded-match.ts";
import { anyHost, hostnameRank, intersectHostnames } from "../route/hostname.ts";
import { comparePrecedence } from "../route/precedence.ts";
import type { TranslatedMatch, TranslatedRoute } from "../route/route.ts";
import { type EncodedVirtualHost, virtualHost } from "../route/virtual-host.ts";
import type { ServiceSplit } from "../service-split.ts";

/** What all listeners choose from. Both keep their identity as long as nothing in them changes. */
export interface Attachable {
  /** By domain: the service's name in lower case. */
  readonly services: ReadonlyMap<string, ServiceSplit>;
  readonly routes: readonly TranslatedRoute[];
}

/** The virtual hosts of all listeners of one hostname. */
export interface AttachedHosts {
  readonly from: Attachable;
  /** Those that come from routes, by domain. */
  readonly routed: ReadonlyMap<string, RoutedVirtualHost>;
  /** Sorted by domain. */
  readonly virtualHosts: readonly EncodedVirtualHost[];
}

interface RoutedVirtualHost {
  readonly matches: readonly TranslatedMatch[];
  readonly virtualHost: EncodedVirtualHost;
}

/** `before`: what listeners of this hostname had last time, from which unchanged parts are taken. */
export function attachHosts(
  listenerHost: string,
  from: Attachable,
  before: AttachedHosts | undefined,
): AttachedHosts {
  const { services, routes } = from;
  const sameRoutes = before?.from.routes === routes;
  if (sameRoutes && before.from.services === services) return before;
  const routed = sameRoutes ? before.routed : routedHosts(listenerHost, routes, before?.routed);
  const hosts = [...routed.values()].map(({ virtualHost }) => virtualHost);
  for (const [domain, split] of services) {
    if (!routed.has(domain) && intersectHostnames(listenerHost, domain) === domain)
      hosts.push(split.virtualHost);
  }
  const sorted = hosts.sort((a, b) => compareText(a.domain, b.domain));
  const same = before !== undefined && sameElements(before.virtualHosts, sorted);
  return { from, routed, virtualHosts: same ? before.virtualHosts : sorted };
}

function routedHosts(
  listenerHost: string,
  routes: readonly TranslatedRoute[],
  before: AttachedHosts["routed"] | undefined,
): AttachedHosts["routed"] {
  const routed = new Map<string, RoutedVirtualHost>();
  for (const [domain, matches] of attachedMatches(listenerHost, routes)) {
    const kept = before?.get(domain);
    const made =
      kept !== undefined && sameElements(kept.matches, matches)
        ? kept
        : {
            matches,
            virtualHost: virtualHost(
              domain,
              matches.flatMap((match) => encodedAt(match, anywhere)),
              originsOf(matches),
            ),
          };
    routed.set(domain, made);
  }
  return routed;
}

const anywhere: RouteContext = { scheme: "http", port: 80, edge: noEdge };

const originsOf = (matches: readonly TranslatedMatch[]): readonly string[] =>
  [...new Set(matches.map(({ origin }) => origin))].sort();

/** The matches of every domain, in the order in which Envoy must try them. */
function attachedMatches(
  listenerHost: string,
  routes: readonly TranslatedRoute[],
): ReadonlyMap<string, readonly TranslatedMatch[]> {
  const ranks = new Map<string, Map<TranslatedRoute, number>>();
  for (const translated of routes) {
    for (const [domain, rank] of domainsOf(listenerHost, translated.route.hostnames)) {
      const attached = ranks.get(domain) ?? new Map<TranslatedRoute, number>();
      ranks.set(domain, attached.set(translated, rank));
    }
  }
  return new Map([...ranks].map(([domain, attached]) => [domain, inOrder(attached)]));
}

/** Domains at which a route answers here, each with the rank of the best hostname behind it. */
function domainsOf(
  listenerHost: string,
  hostnames: readonly string[],
): ReadonlyMap<string, number> {
  const domains = new Map<string, number>();
  for (const hostname of hostnames.length === 0 ? [anyHost] : hostnames) {
    const domain = intersectHostnames(listenerHost, hostname);
    if (domain === undefined) continue;
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
