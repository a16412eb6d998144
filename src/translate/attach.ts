/**
 * Which virtual hosts a listener serves: its hostname intersected with those of the routes, and the
 * names of the services that no route has taken.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 */
import { anyHost, hostnameRank, intersectHostnames } from "./hostname.ts";
import { compareText } from "./names.ts";
import { comparePrecedence } from "./precedence.ts";
import type { TranslatedMatch, TranslatedRoute } from "./route.ts";
import { type EncodedVirtualHost, virtualHost } from "./virtual-host.ts";

/** The virtual hosts of routes, kept from one translation to the next. */
export type VirtualHostMemo = Map<string, RoutedVirtualHost>;

interface RoutedVirtualHost {
  readonly matches: readonly TranslatedMatch[];
  readonly virtualHost: EncodedVirtualHost;
}

export interface Attachable {
  /** By domain: the service's name in lower case. */
  readonly services: ReadonlyMap<string, EncodedVirtualHost>;
  readonly routes: readonly TranslatedRoute[];
}

/**
 * Virtual hosts of a listener with that hostname, sorted by domain. Unchanged ones are taken from
 * `before`; all that come from routes are put into `after`.
 */
export function virtualHostsOf(
  hostname: string | undefined,
  { services, routes }: Attachable,
  before: VirtualHostMemo,
  after: VirtualHostMemo,
): readonly EncodedVirtualHost[] {
  const listenerHost = hostname?.toLowerCase() ?? anyHost;
  const routed = attachedMatches(listenerHost, routes);
  const hosts: EncodedVirtualHost[] = [];
  for (const [domain, host] of services) {
    if (!routed.has(domain) && intersectHostnames(listenerHost, domain) === domain)
      hosts.push(host);
  }
  for (const [domain, matches] of routed) {
    const key = `${listenerHost} ${domain}`;
    const kept = after.get(key) ?? before.get(key);
    const made =
      kept !== undefined && sameElements(kept.matches, matches)
        ? kept
        : { matches, virtualHost: virtualHost(domain, matches, originsOf(matches)) };
    after.set(key, made);
    hosts.push(made.virtualHost);
  }
  return hosts.sort((a, b) => compareText(a.domain, b.domain));
}

const originsOf = (matches: readonly TranslatedMatch[]): readonly string[] =>
  [...new Set(matches.map(({ origin }) => origin))].sort();

export const sameElements = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i]);

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
