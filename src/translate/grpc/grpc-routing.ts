/**
 * The part of gRPC clients that needs services and routes together: route configurations of services
 * that routes are attached to, in place of their splits, and clusters of sticky splits.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { ServiceName } from "../../model/names.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { keptResource, sameElements, withOrigins } from "../equal.ts";
import { type IndexedMap, indexedMap, patchedMap } from "../layered-map.ts";
import { unavailableName } from "../names.ts";
import type { TranslatedRoute } from "../route/route.ts";
import type { TranslatedService } from "../service.ts";
import type { TranslatedServices } from "../services.ts";
import { type AttachedRoutes, attachedRoutes, matchesInOrder } from "./attached.ts";
import { grpcRoutes } from "./grpc.ts";
import { grpcRouteProblems } from "./grpc-diagnostics.ts";
import { type StickyRoute, stickyRoute } from "./sticky-clusters.ts";
import { unavailableBundle } from "./unavailable.ts";

/** Every map and list keeps its identity as long as nothing in it changes. */
export interface TranslatedGrpc {
  readonly from: GrpcSource | undefined;
  readonly attached: AttachedRoutes;
  readonly routed: ReadonlyMap<ServiceName, RoutedService>;
  /** By store key of the route. */
  readonly sticky: ReadonlyMap<string, StickyRoute>;
  /** Those of all services, by owner, with the routes where there are any. */
  readonly services: IndexedMap<string, Bundle>;
  /** For gRPC clients alone: what belongs to no service. */
  readonly others: readonly Bundle[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface GrpcSource {
  readonly services: TranslatedServices;
  readonly routes: readonly TranslatedRoute[];
}

interface RoutedService {
  readonly routes: readonly TranslatedRoute[];
  /** What the service makes. */
  readonly own: Bundle;
  readonly resource: Resource;
  readonly bundle: Bundle;
}

export const noGrpc: TranslatedGrpc = {
  from: undefined,
  attached: new Map(),
  routed: new Map(),
  sticky: new Map(),
  services: indexedMap(new Map()),
  others: [],
  diagnostics: [],
};

export function translateGrpc(from: GrpcSource, before: TranslatedGrpc): TranslatedGrpc {
  const { services, routes } = from;
  const last = before.from;
  if (last?.routes === routes && last.services.byName === services.byName) {
    return before;
  }
  const sameNames = last?.services.byName.indexed.index === services.byName.indexed.index;
  const attached =
    last?.routes === routes && sameNames
      ? before.attached
      : attachedRoutes(routes, services.byName);
  const routed = routedServices(attached, services, before.routed);
  const sticky = stickyRoutes(attached, services, before.sticky);
  const others = othersOf(routed, sticky);
  const diagnostics = grpcRouteProblems(attached, services.byName);
  return {
    from,
    attached,
    routed,
    sticky,
    services: withRoutes(services, routed, before),
    others: sameElements(before.others, others) ? before.others : others,
    diagnostics: sameElements(before.diagnostics, diagnostics) ? before.diagnostics : diagnostics,
  };
}

function routedServices(
  attached: AttachedRoutes,
  { byName }: TranslatedServices,
  before: TranslatedGrpc["routed"],
): ReadonlyMap<ServiceName, RoutedService> {
  const routed = new Map<ServiceName, RoutedService>();
  for (const [name, routes] of attached) {
    const service = byName.get(name);
    if (service !== undefined) routed.set(name, routedService(service, routes, before.get(name)));
  }
  return routed;
}

function routedService(
  { service, split, bundle: own }: TranslatedService,
  routes: readonly TranslatedRoute[],
  before: RoutedService | undefined,
): RoutedService {
  const sameRoutes = before !== undefined && sameElements(before.routes, routes);
  if (sameRoutes && before.own === own) return before;
  const origins = [...service.origins, ...routes.map(({ route }) => route.origin).sort()];
  const resource = sameRoutes
    ? withOrigins(before.resource, origins)
    : keptResource(
        before?.resource,
        grpcRoutes(service.name, matchesInOrder(service.name, routes), origins),
      );
  const resources = own.resources.map((each) => (each === split.grpcRoutes ? resource : each));
  const same = before !== undefined && sameElements(before.bundle.resources, resources);
  const bundle = same ? before.bundle : { owner: own.owner, resources };
  return { routes, own, resource, bundle };
}

function stickyRoutes(
  attached: AttachedRoutes,
  { byName }: TranslatedServices,
  before: TranslatedGrpc["sticky"],
): ReadonlyMap<string, StickyRoute> {
  const sticky = new Map<string, StickyRoute>();
  for (const translated of new Set([...attached.values()].flat())) {
    const { origin } = translated.route;
    const made = stickyRoute(translated, byName, before.get(origin));
    if (made !== undefined) sticky.set(origin, made);
  }
  return sticky;
}

function othersOf(
  routed: TranslatedGrpc["routed"],
  sticky: TranslatedGrpc["sticky"],
): readonly Bundle[] {
  const others = [...sticky.values()].map(({ bundle }) => bundle);
  for (const { resource } of routed.values()) {
    if (resource.references.includes(unavailableName)) return [...others, unavailableBundle];
  }
  return others;
}

function withRoutes(
  { bundles }: TranslatedServices,
  routed: TranslatedGrpc["routed"],
  before: TranslatedGrpc,
): IndexedMap<string, Bundle> {
  if (routed.size === 0) return bundles;
  const patch = [...routed.values()].map(({ bundle }) => [bundle.owner, bundle] as const);
  if (before.from?.services.bundles === bundles && sameKeys(before.routed, routed)) {
    return patchedMap(before.services, new Map(patch));
  }
  return patchedMap(bundles, new Map(patch));
}

const sameKeys = (a: ReadonlyMap<ServiceName, unknown>, b: ReadonlyMap<ServiceName, unknown>) =>
  a.size === b.size && [...a.keys()].every((key) => b.has(key));
