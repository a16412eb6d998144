/** Which routes hold for the calls of gRPC clients to a service. */
import type { ServiceName } from "../../model/names.ts";
import type { HttpRoute } from "../../model/route.ts";
import type { IndexedMap } from "../layered-map.ts";
import { hostnameRank } from "../route/hostname.ts";
import { comparePrecedence } from "../route/precedence.ts";
import type { TranslatedMatch, TranslatedRoute } from "../route/route.ts";

export type AttachedRoutes = ReadonlyMap<ServiceName, readonly TranslatedRoute[]>;

/**
 * Those that name the service as their parent, and those without parents that have its name for a
 * hostname. Hostnames of the former do not count: there is one host, the service.
 * https://gateway-api.sigs.k8s.io/mesh/ (GAMMA)
 */
export function attachedRoutes(
  routes: readonly TranslatedRoute[],
  services: IndexedMap<ServiceName, unknown>,
): AttachedRoutes {
  const attached = new Map<ServiceName, TranslatedRoute[]>();
  if (routes.length === 0) return attached;
  const byHost = namesByHost(services);
  for (const translated of routes) {
    for (const service of servicesOf(translated.route, byHost)) {
      if (!services.has(service)) continue;
      const before = attached.get(service);
      if (before === undefined) attached.set(service, [translated]);
      else before.push(translated);
    }
  }
  return attached;
}

function servicesOf(
  { parentRefs, hostnames }: HttpRoute,
  byHost: ReadonlyMap<string, readonly ServiceName[]>,
): ReadonlySet<ServiceName> {
  if (parentRefs.length === 0) {
    return new Set(hostnames.flatMap((hostname) => byHost.get(hostname) ?? []));
  }
  return new Set(parentRefs.flatMap((ref) => (ref.kind === "service" ? [ref.service] : [])));
}

const hosts = new WeakMap<object, ReadonlyMap<string, readonly ServiceName[]>>();

/** Names in lower case, as hostnames are. Made once for the same names. */
function namesByHost({
  indexed: { index },
}: IndexedMap<ServiceName, unknown>): ReadonlyMap<string, readonly ServiceName[]> {
  const known = hosts.get(index);
  if (known !== undefined) return known;
  const made = new Map<string, ServiceName[]>();
  for (const name of index.keys()) {
    const host = name.toLowerCase();
    const before = made.get(host);
    if (before === undefined) made.set(host, [name]);
    else before.push(name);
  }
  hosts.set(index, made);
  return made;
}

/** In the order in which clients must try them; a route with the service's hostname goes first. */
export function matchesInOrder(
  service: ServiceName,
  routes: readonly TranslatedRoute[],
): readonly TranslatedMatch[] {
  const host = service.toLowerCase();
  const ranked = routes.flatMap(({ route, matches }) => {
    const rank = route.hostnames.includes(host) ? hostnameRank(host) : 0;
    return matches.map((match) => ({ match, place: { ...match.placed, hostnameRank: rank } }));
  });
  ranked.sort((a, b) => comparePrecedence(a.place, b.place));
  return ranked.map(({ match }) => match);
}
