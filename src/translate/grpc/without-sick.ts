/**
 * What gRPC clients see while serin's probes find instances sick: the services of these instances, and the
 * routes that lead to them, translated once more with the instances marked. Everything else is the very
 * same object that Envoys see, who look for themselves.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import { sameElements } from "../equal.ts";
import { type IndexedMap, patchedMap } from "../layered-map.ts";
import type { TranslateLimits } from "../limits.ts";
import { stillHolds, type TranslatedRoute, translateRoute } from "../route/route.ts";
import { type TranslatedService, translateService } from "../service.ts";
import type { TranslatedServices } from "../services.ts";
import type { GrpcSource } from "./grpc-routing.ts";
import { type SickInstances, sickInstances } from "./sick-instances.ts";

/** Lists and maps keep their identity as long as nothing in them changes. */
export interface WithoutSick {
  /** What came in, where nobody is sick. */
  readonly seen: GrpcSource;
  readonly from: GrpcSource;
  readonly services: ReadonlyMap<ServiceName, SeenService>;
  /** By origin: those that look different from what Envoys get. */
  readonly routes: ReadonlyMap<string, TranslatedRoute>;
  readonly diagnostics: readonly Diagnostic[];
}

interface SeenService {
  /** As Envoys get it. */
  readonly plain: TranslatedService;
  readonly seen: TranslatedService;
  readonly diagnostics: readonly Diagnostic[];
}

export function withoutSick(
  from: GrpcSource,
  { subsets, releaseRoutes }: Pick<TranslateLimits, "subsets" | "releaseRoutes">,
  before: WithoutSick | undefined,
): WithoutSick {
  const { from: last } = before ?? {};
  if (
    before !== undefined &&
    last?.services.byName === from.services.byName &&
    last.routes === from.routes
  ) {
    return before;
  }
  const services = seenServices(from.services.byName, subsets, before);
  if (services.size === 0) {
    return { seen: from, from, services, routes: new Map(), diagnostics: [] };
  }
  const byName = patched(from.services.byName, services);
  const routes = seenRoutes(from, byName, services, { before, releaseRoutes });
  const list = from.routes.map((route) => routes.get(route.route.origin) ?? route);
  const known = before?.seen.routes ?? [];
  return {
    seen: {
      services: { ...from.services, byName, bundles: seenBundles(from.services, services) },
      routes: sameElements(known, list) ? known : list,
    },
    from,
    services,
    routes,
    diagnostics: [...services.values()].flatMap(({ diagnostics }) => diagnostics),
  };
}

function seenServices(
  byName: IndexedMap<ServiceName, TranslatedService>,
  subsetsMax: number,
  before: WithoutSick | undefined,
): ReadonlyMap<ServiceName, SeenService> {
  const services = new Map<ServiceName, SeenService>();
  for (const plain of byName.indexed.values) {
    const { sick, settings, name } = plain.service;
    // A verdict of checks that the service has no more is none.
    if (sick.size === 0 || settings.healthCheck === undefined) continue;
    const last = before?.services.get(name);
    const seen = last?.plain === plain ? last : seenService(plain, subsetsMax, last);
    if (seen !== undefined) services.set(name, seen);
  }
  return services;
}

/** undefined: clients see it as Envoys do, and there is nothing to say of it. */
function seenService(
  plain: TranslatedService,
  subsetsMax: number,
  last: SeenService | undefined,
): SeenService | undefined {
  const { service, routed, lanes, inMotion } = plain;
  const found = sickInstances(plain);
  const diagnostics = diagnosticsOf(plain, found);
  if (found.marked.size === 0) {
    return found.spared.length === 0 ? undefined : { plain, seen: plain, diagnostics };
  }
  const instances = service.instances.map((each) => {
    const mark = found.marked.get(each);
    return mark === undefined ? each : { ...each, found: mark };
  });
  const options = { routed, lanes, inMotion, subsetsMax, before: last?.seen ?? plain };
  return { plain, seen: translateService({ ...service, instances }, options), diagnostics };
}

const patched = (
  byName: IndexedMap<ServiceName, TranslatedService>,
  services: ReadonlyMap<ServiceName, SeenService>,
): IndexedMap<ServiceName, TranslatedService> =>
  patchedMap(byName, new Map([...services].map(([name, { seen }]) => [name, seen])));

const seenBundles = (
  { bundles }: TranslatedServices,
  services: ReadonlyMap<ServiceName, SeenService>,
): IndexedMap<string, Bundle> =>
  patchedMap(
    bundles,
    new Map([...services.values()].map(({ seen }) => [seen.bundle.owner, seen.bundle])),
  );

function seenRoutes(
  { routes, services: { inside } }: GrpcSource,
  byName: IndexedMap<ServiceName, TranslatedService>,
  services: ReadonlyMap<ServiceName, SeenService>,
  { before, releaseRoutes }: { before: WithoutSick | undefined; releaseRoutes: number },
): ReadonlyMap<string, TranslatedRoute> {
  const made = new Map<string, TranslatedRoute>();
  for (const plain of routes) {
    const { route, found } = plain;
    if (![...found.keys()].some((name) => services.has(name))) continue;
    if (stillHolds(plain, byName, inside)) continue;
    const last = before?.routes.get(route.origin);
    const holds = last?.route === route && stillHolds(last, byName, inside);
    made.set(route.origin, holds ? last : translateRoute(route, byName, inside, releaseRoutes));
  }
  return made;
}

function diagnosticsOf(
  { service: { name } }: TranslatedService,
  { spared, out }: SickInstances,
): readonly Diagnostic[] {
  const warning = (message: string): Diagnostic => ({
    severity: "warning",
    code: "SUBSET_SICK",
    key: `services/${name}`,
    revision: 0n,
    path: "healthCheck",
    message,
  });
  const all = (subset: SubsetName) => `serin's probes find no instance of ${name}/${subset} well`;
  return [
    ...out.map((subset) => warning(`${all(subset)}: calls of gRPC clients go elsewhere`)),
    ...spared.map((subset) =>
      warning(`${all(subset)}, but nobody stands in: gRPC clients try its instances all the same`),
    ),
  ];
}
