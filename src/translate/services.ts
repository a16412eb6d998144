/** All services of a state; those that did not change are not looked into. */
import { isDeepStrictEqual } from "node:util";
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { emptyState } from "../model/desired-state.ts";
import type { Lane } from "../model/lane.ts";
import type { LaneName, ServiceName, SubsetName } from "../model/names.ts";
import type { BackendTarget, HttpRoute, StreamRoute } from "../model/route.ts";
import type { Service } from "../model/service.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { sameElements } from "./equal.ts";
import { type IndexedMap, indexedMap, patchedMap } from "./layered-map.ts";
import { type ServiceOptions, type TranslatedService, translateService } from "./service.ts";
import type { ServiceSplit } from "./service-split.ts";
import { concerns } from "./split/lane-parts.ts";
import { noneInMotion, type ServicesInMotion } from "./weights/services-in-motion.ts";

/** Every map keeps its identity as long as nothing in it changes. */
export interface TranslatedServices {
  readonly from: ServicesSource;
  readonly routed: RoutedSubsets;
  /** In the order of their names. */
  readonly lanes: readonly Lane[];
  /** The same without their entries: what all but edges see, and keep while a share moves. */
  readonly inside: readonly Lane[];
  /** In the order of their names, so that nothing depends on the order of arrival. */
  readonly byName: IndexedMap<ServiceName, TranslatedService>;
  /** By owner. */
  readonly bundles: IndexedMap<string, Bundle>;
  /**
   * Splits by domain. Hosts are compared without case, and Envoy refuses a domain that comes
   * twice: of two services whose names differ in case only, the first answers.
   */
  readonly hosts: IndexedMap<string, ServiceSplit>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ServicesSource {
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly streamRoutes: ReadonlyMap<string, StreamRoute>;
  readonly lanes: ReadonlyMap<LaneName, Lane>;
  /** Left out: none. */
  readonly inMotion?: ServicesInMotion;
}

type RoutedSubsets = ReadonlyMap<ServiceName, readonly SubsetName[]>;

export const noServices: TranslatedServices = {
  from: emptyState,
  routed: new Map(),
  lanes: [],
  inside: [],
  byName: indexedMap(new Map()),
  bundles: indexedMap(new Map()),
  hosts: indexedMap(new Map()),
  diagnostics: [],
};

/** `subsetsMax`: most subsets of one service that come from the tags of instances alone. */
export function translateServices(
  from: ServicesSource,
  subsetsMax: number,
  before: TranslatedServices,
): TranslatedServices {
  const { services, routes, streamRoutes } = from;
  const sameRoutes = routes === before.from.routes && streamRoutes === before.from.streamRoutes;
  const sameLanes = from.lanes === before.from.lanes;
  const sameMotion = from.inMotion === before.from.inMotion;
  if (sameRoutes && sameLanes && sameMotion && services === before.from.services) return before;
  const routed = sameRoutes ? before.routed : routedSubsets(routes.values(), streamRoutes.values());
  const lanes = sameLanes ? before.lanes : lanesInOrder(from.lanes, before.lanes);
  const inside = sameLanes ? before.inside : withoutEntries(lanes, before.inside);
  const { changed, known } = translateChanged(from, { routed, inside, subsetsMax, before });
  const base = { from, routed, lanes, inside };
  const sameNames = known === services.size && known === before.byName.size;
  if (sameNames) return { ...base, ...patched(before, changed) };
  const byName = new Map<ServiceName, TranslatedService>();
  for (const name of [...services.keys()].sort(compareText)) {
    const translated = changed.get(name) ?? before.byName.get(name);
    if (translated !== undefined) byName.set(name, translated);
  }
  return { ...base, ...gathered(byName) };
}

interface Context {
  readonly routed: RoutedSubsets;
  readonly inside: readonly Lane[];
  readonly subsetsMax: number;
  readonly before: TranslatedServices;
}

/** Translates services that are new or other than before; `known` counts those that were there. */
function translateChanged(
  { services, inMotion = noneInMotion }: ServicesSource,
  { routed, inside, subsetsMax, before }: Context,
): { readonly changed: ReadonlyMap<ServiceName, TranslatedService>; readonly known: number } {
  const changed = new Map<ServiceName, TranslatedService>();
  let known = 0;
  const sameAround = routed === before.routed && inside === before.inside;
  const { inMotion: motionBefore = noneInMotion } = before.from;
  const isSame = (name: ServiceName): boolean =>
    inMotion === motionBefore || inMotion.has(name) === motionBefore.has(name);
  // Mostly all but one are the same, in the same order: no need to look each of them up.
  const inStep = before.from.services.values();
  for (const [name, service] of services) {
    const beside = inStep.next().value;
    if (sameAround && beside === service && isSame(name)) {
      known += 1;
      continue;
    }
    const last = before.byName.get(name);
    if (last !== undefined) known += 1;
    const own = inside.filter((lane) => concerns(lane, service));
    const options = {
      routed: routed.get(name) ?? unrouted,
      lanes: own,
      inMotion: inMotion.has(name),
      subsetsMax,
      before: last,
    };
    if (!holds(last, service, options)) changed.set(name, translateService(service, options));
  }
  return { changed, known };
}

const unrouted: readonly SubsetName[] = [];

const holds = (
  last: TranslatedService | undefined,
  service: Service,
  { routed, lanes, inMotion }: Pick<ServiceOptions, "routed" | "lanes" | "inMotion">,
): boolean =>
  last?.service === service &&
  last.inMotion === inMotion &&
  sameElements(last.routed, routed) &&
  sameElements(last.lanes, lanes);

type Gathered = Omit<TranslatedServices, "from" | "routed" | "lanes" | "inside">;

/** What all services give together. */
function gathered(byName: ReadonlyMap<ServiceName, TranslatedService>): Gathered {
  const bundles = new Map<string, Bundle>();
  const hosts = new Map<string, ServiceSplit>();
  const owners = new Map<string, ServiceName>();
  const clashes: Diagnostic[] = [];
  for (const [name, { bundle, split }] of byName) {
    bundles.set(bundle.owner, bundle);
    const { domain } = split.virtualHost;
    const owner = owners.get(domain);
    if (owner === undefined) {
      owners.set(domain, name);
      hosts.set(domain, split);
    } else clashes.push(hostnameClash(name, owner));
  }
  return {
    byName: indexedMap(byName),
    bundles: indexedMap(bundles),
    hosts: indexedMap(hosts),
    diagnostics: [...diagnosticsOf(byName), ...clashes],
  };
}

/** The same where some of the services are replaced, and none came or went. */
function patched(
  before: TranslatedServices,
  changed: ReadonlyMap<ServiceName, TranslatedService>,
): Gathered {
  const bundles = new Map<string, Bundle>();
  const hosts = new Map<string, ServiceSplit>();
  let sameDiagnostics = true;
  for (const [name, { bundle, split, diagnostics }] of changed) {
    bundles.set(bundle.owner, bundle);
    const { domain } = split.virtualHost;
    const last = before.byName.get(name);
    // The name in another case may answer there.
    if (before.hosts.get(domain) === last?.split) hosts.set(domain, split);
    sameDiagnostics &&= last?.diagnostics === diagnostics;
  }
  const byName = patchedMap(before.byName, changed);
  const clashes = before.diagnostics.filter(({ code }) => code === "HOSTNAME_CLASH");
  return {
    byName,
    bundles: patchedMap(before.bundles, bundles),
    hosts: patchedMap(before.hosts, hosts),
    diagnostics: sameDiagnostics ? before.diagnostics : [...diagnosticsOf(byName), ...clashes],
  };
}

function diagnosticsOf(byName: ReadonlyMap<ServiceName, TranslatedService>): readonly Diagnostic[] {
  const all: Diagnostic[] = [];
  for (const { diagnostics } of byName.values()) all.push(...diagnostics);
  return all;
}

/** Names that routes use for the subsets of each service, sorted. */
function routedSubsets(
  routes: Iterable<HttpRoute>,
  streamRoutes: Iterable<StreamRoute>,
): RoutedSubsets {
  const named = new Map<ServiceName, Set<SubsetName>>();
  const add = ({ service, subset }: BackendTarget): void => {
    if (subset === undefined) return;
    named.set(service, (named.get(service) ?? new Set<SubsetName>()).add(subset));
  };
  for (const { rules } of routes) {
    for (const { backendRefs, filters } of rules) [...backendRefs, ...filters.mirrors].forEach(add);
  }
  for (const { backendRefs } of streamRoutes) backendRefs.forEach(add);
  return new Map([...named].map(([service, subsets]) => [service, [...subsets].sort(compareText)]));
}

function lanesInOrder(
  lanes: ReadonlyMap<LaneName, Lane>,
  before: readonly Lane[],
): readonly Lane[] {
  const sorted = [...lanes.values()].sort((a, b) => compareText(a.name, b.name));
  return sameElements(before, sorted) ? before : sorted;
}

function withoutEntries(lanes: readonly Lane[], before: readonly Lane[]): readonly Lane[] {
  const known = new Map(before.map((lane) => [lane.name, lane]));
  const inside = lanes.map((lane): Lane => {
    const made = { ...lane, entries: [] };
    const last = known.get(lane.name);
    return last !== undefined && isDeepStrictEqual(last, made) ? last : made;
  });
  return sameElements(before, inside) ? before : inside;
}

const hostnameClash = (service: ServiceName, owner: ServiceName): Diagnostic => ({
  severity: "warning",
  code: "HOSTNAME_CLASH",
  key: `services/${service}`,
  revision: 0n,
  path: "",
  message: `service ${owner} has this name but for its case, and gateways send its host there`,
});
