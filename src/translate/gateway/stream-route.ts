/**
 * TCPRoutes and TLSRoutes: whole connections, passed on by weight.
 * https://gateway-api.sigs.k8s.io/reference/spec/#tcprouterule
 */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { StreamRoute } from "../../model/route.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { anyOf } from "../../proto/values.ts";
import { sameElements } from "../equal.ts";
import { targetName } from "../names.ts";
import { type FoundServices, resolveBackends } from "../route/backends.ts";
import type { TranslatedServicesByName } from "../route/route.ts";

export interface TranslatedStreamRoute {
  readonly route: StreamRoute;
  readonly found: FoundServices;
  /** With weights of at least 1; empty where there is no valid backend. */
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The older first, which wins where two want the same connections. */
export function translateStreamRoutes(
  routes: ReadonlyMap<string, StreamRoute>,
  services: TranslatedServicesByName,
  before: readonly TranslatedStreamRoute[],
): readonly TranslatedStreamRoute[] {
  if (routes.size === 0 && before.length === 0) return before;
  const known = new Map(before.map((each) => [each.route.origin, each]));
  const list = [...routes.values()].sort(compareAge).map((route) => {
    const kept = known.get(route.origin);
    return kept?.route === route && stillHolds(kept, services)
      ? kept
      : translateStreamRoute(route, services);
  });
  return sameElements(before, list) ? before : list;
}

function compareAge(a: StreamRoute, b: StreamRoute): number {
  if (a.createRevision !== b.createRevision) return a.createRevision < b.createRevision ? -1 : 1;
  return compareText(a.origin, b.origin);
}

function stillHolds({ found }: TranslatedStreamRoute, services: TranslatedServicesByName): boolean {
  for (const [name, routing] of found) if (services.get(name)?.routing !== routing) return false;
  return true;
}

function translateStreamRoute(
  route: StreamRoute,
  services: TranslatedServicesByName,
): TranslatedStreamRoute {
  const found = new Map(
    route.backendRefs.map(({ service }) => [service, services.get(service)?.routing]),
  );
  const resolved = resolveBackends(route.backendRefs, found);
  return {
    route,
    found,
    // Envoy refuses a weight of 0 here.
    clusters: resolved.clusters
      .filter(({ weight }) => weight > 0)
      .map(({ service, subset, failover, weight }) => ({
        name: targetName(service, subset, failover),
        weight,
      })),
    diagnostics: resolved.diagnostics.map(
      ({ code, message, path }): Diagnostic => ({
        severity: "warning",
        code,
        key: route.origin,
        revision: 0n,
        path: `rules[0].${path}`,
        message,
      }),
    ),
  };
}

/**
 * A cluster that is never there: Envoy closes the connection. No generated cluster has an empty name
 * before the slash.
 */
const noBackend = "/none";

export function tcpProxyFilter(
  statPrefix: string,
  { clusters }: Pick<TranslatedStreamRoute, "clusters">,
): MessageOf<"envoy.config.listener.v3.Filter"> {
  const [first, ...others] = clusters;
  const specifier =
    first !== undefined && others.length > 0
      ? { weighted_clusters: { clusters } }
      : { cluster: first?.name ?? noBackend };
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: anyOf("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: statPrefix,
      ...specifier,
    }),
  };
}
