/** All services of a state; those that did not change are not looked into. */
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import type { Service } from "../model/service.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { sameElements } from "./equal.ts";
import { type IndexedMap, indexedMap, patchedMap } from "./layered-map.ts";
import type { EncodedVirtualHost } from "./route/virtual-host.ts";
import { type TranslatedService, translateService } from "./service.ts";

/** Every map keeps its identity as long as nothing in it changes. */
export interface TranslatedServices {
  readonly from: ServicesSource;
  readonly routed: RoutedSubsets;
  /** In the order of their names, so that nothing depends on the order of arrival. */
  readonly byName: IndexedMap<ServiceName, TranslatedService>;
  /** By owner. */
  readonly bundles: IndexedMap<string, Bundle>;
  /**
   * Virtual hosts by domain. Hosts are compared without case, and Envoy refuses a domain that comes
   * twice: of two services whose names differ in case only, the first answers.
   */
  readonly hosts: IndexedMap<string, EncodedVirtualHost>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ServicesSource {
  readonly services: ReadonlyMap<ServiceName, Service>;
  readonly routes: ReadonlyMap<string, HttpRoute>;
}

type RoutedSubsets = ReadonlyMap<ServiceName, readonly SubsetName[]>;

export const noServices: TranslatedServices = {
  from: { services: new Map(), routes: new Map() },
  routed: new Map(),
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
  const { services, routes } = from;
  const sameRoutes = routes === before.from.routes;
  if (sameRoutes && services === before.from.services) return before;
  const routed = sameRoutes ? before.routed : routedSubsets(routes.values());
  const { changed, known } = translateChanged(services, { routed, subsetsMax, before });
  const base = { from, routed };
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
  readonly subsetsMax: number;
  readonly before: TranslatedServices;
}

/** Translates services that are new or other than before; `known` counts those that were there. */
function translateChanged(
  services: ReadonlyMap<ServiceName, Service>,
  { routed, subsetsMax, before }: Context,
): { readonly changed: ReadonlyMap<ServiceName, TranslatedService>; readonly known: number } {
  const changed = new Map<ServiceName, TranslatedService>();
  let known = 0;
  // Mostly all but one are the same, in the same order: no need to look each of them up.
  const inStep = before.from.services.values();
  for (const [name, service] of services) {
    const beside = inStep.next().value;
    if (routed === before.routed && beside === service) {
      known += 1;
      continue;
    }
    const last = before.byName.get(name);
    if (last !== undefined) known += 1;
    const options = { routed: routed.get(name) ?? unrouted, subsetsMax, before: last };
    if (!holds(last, service, options.routed))
      changed.set(name, translateService(service, options));
  }
  return { changed, known };
}

const unrouted: readonly SubsetName[] = [];

const holds = (
  last: TranslatedService | undefined,
  service: Service,
  routed: readonly SubsetName[],
): boolean => last?.service === service && sameElements(last.routed, routed);

type Gathered = Omit<TranslatedServices, "from" | "routed">;

/** What all services give together. */
function gathered(byName: ReadonlyMap<ServiceName, TranslatedService>): Gathered {
  const bundles = new Map<string, Bundle>();
  const hosts = new Map<string, EncodedVirtualHost>();
  const owners = new Map<string, ServiceName>();
  const clashes: Diagnostic[] = [];
  for (const [name, { bundle, split }] of byName) {
    bundles.set(bundle.owner, bundle);
    const { domain } = split.virtualHost;
    const owner = owners.get(domain);
    if (owner === undefined) {
      owners.set(domain, name);
      hosts.set(domain, split.virtualHost);
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
  const hosts = new Map<string, EncodedVirtualHost>();
  let sameDiagnostics = true;
  for (const [name, { bundle, split, diagnostics }] of changed) {
    bundles.set(bundle.owner, bundle);
    const { domain } = split.virtualHost;
    const last = before.byName.get(name);
    // The name in another case may answer there.
    if (before.hosts.get(domain) === last?.split.virtualHost) hosts.set(domain, split.virtualHost);
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
function routedSubsets(routes: Iterable<HttpRoute>): RoutedSubsets {
  const named = new Map<ServiceName, Set<SubsetName>>();
  for (const { rules } of routes) {
    for (const { service, subset } of rules.flatMap(({ backendRefs }) => backendRefs)) {
      if (subset === undefined) continue;
      const subsets = named.get(service) ?? new Set();
      named.set(service, subsets.add(subset));
    }
  }
  return new Map([...named].map(([service, subsets]) => [service, [...subsets].sort(compareText)]));
}

const hostnameClash = (service: ServiceName, owner: ServiceName): Diagnostic => ({
  severity: "warning",
  code: "HOSTNAME_CLASH",
  key: `services/${service}`,
  revision: 0n,
  path: "",
  message: `service ${owner} has this name but for its case, and gateways send its host there`,
});
