/** All services of a state; those that did not change are not looked into. */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { ServiceName, SubsetName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import type { Service } from "../model/service.ts";
import { sameElements } from "./attach.ts";
import { compareText } from "./names.ts";
import { type TranslatedService, translateService } from "./service.ts";
import type { EncodedVirtualHost } from "./virtual-host.ts";

/** In the order of their names, so that nothing depends on the order of arrival. */
export function translateServices(
  services: ReadonlyMap<ServiceName, Service>,
  routes: Iterable<HttpRoute>,
  before: ReadonlyMap<ServiceName, TranslatedService>,
): ReadonlyMap<ServiceName, TranslatedService> {
  const routed = routedSubsets(routes);
  const translated = new Map<ServiceName, TranslatedService>();
  for (const name of [...services.keys()].sort(compareText)) {
    const service = services.get(name);
    if (service === undefined) continue;
    const subsets = routed.get(name) ?? [];
    const kept = before.get(name);
    const holds = kept?.service === service && sameElements(kept.routed, subsets);
    translated.set(name, holds ? kept : translateService(service, subsets));
  }
  return translated;
}

/** Names that routes use for the subsets of each service, sorted. */
function routedSubsets(
  routes: Iterable<HttpRoute>,
): ReadonlyMap<ServiceName, readonly SubsetName[]> {
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

/**
 * Virtual hosts by domain. Hosts are compared without case, and Envoy refuses a domain that comes
 * twice: of two services whose names differ in case only, the first answers.
 */
export function serviceHosts(services: ReadonlyMap<ServiceName, TranslatedService>): {
  readonly hosts: ReadonlyMap<string, EncodedVirtualHost>;
  readonly diagnostics: readonly Diagnostic[];
} {
  const hosts = new Map<string, EncodedVirtualHost>();
  const owners = new Map<string, ServiceName>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, { virtualHost }] of services) {
    const owner = owners.get(virtualHost.domain);
    if (owner !== undefined) {
      diagnostics.push(hostnameClash(name, owner));
      continue;
    }
    owners.set(virtualHost.domain, name);
    hosts.set(virtualHost.domain, virtualHost);
  }
  return { hosts, diagnostics };
}

const hostnameClash = (service: ServiceName, owner: ServiceName): Diagnostic => ({
  severity: "warning",
  code: "HOSTNAME_CLASH",
  key: `services/${service}`,
  revision: 0n,
  path: "",
  message: `service ${owner} has this name but for its case, and gateways send its host there`,
});
