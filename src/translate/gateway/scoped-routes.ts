/**
 * The routes of a listener as scopes: a resource for every exact host, with the host's virtual host
 * inside. A change encodes the scopes of the hosts that changed, and a proxy applies it at the same
 * cost whatever the number of hosts (docs/adr/0022).
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/scoped_route.proto
 */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import { encodeMessage, encodeRawAny } from "../../proto/encode.ts";
import { wrapped } from "../../proto/values.ts";
import { makeResource, type Reference, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { scopeName } from "../names.ts";
import type { EncodedVirtualHost } from "../route/virtual-host.ts";
import { withElements } from "../splice.ts";
import { scopeHeader, scopeKey } from "./scope-key.ts";

export interface ScopedRoutes {
  /** Sorted by domain. */
  readonly virtualHosts: readonly EncodedVirtualHost[];
  /** Of the exact ones among them, in their order. */
  readonly scopes: readonly Scope[];
  /** Those with a wildcard: a key is compared as a whole. */
  readonly leftOut: readonly EncodedVirtualHost[];
}

interface Scope {
  readonly host: EncodedVirtualHost;
  readonly resource: Resource;
}

export interface ScopeNames {
  /** Of the listener resource. */
  readonly listener: string;
  /** Of the route configuration that there would be otherwise. */
  readonly routes: string;
}

/** `before`: the same listener's last time, of which the scopes of unchanged hosts are kept. */
export function scopedRoutes(
  names: ScopeNames,
  virtualHosts: readonly EncodedVirtualHost[],
  origins: readonly string[],
  before?: ScopedRoutes,
): ScopedRoutes {
  const head = headOf(names);
  const last = before?.scopes ?? [];
  const scopes: Scope[] = [];
  const leftOut: EncodedVirtualHost[] = [];
  let at = 0;
  for (const host of virtualHosts) {
    if (host.domain.includes("*")) {
      leftOut.push(host);
      continue;
    }
    // Both lists are in the order of the domains.
    while (compareText(last[at]?.host.domain ?? host.domain, host.domain) < 0) at += 1;
    const known = last[at]?.host.domain === host.domain ? last[at] : undefined;
    scopes.push(known?.host === host ? known : scopeOf(names, head, host, origins, known));
  }
  return { virtualHosts, scopes, leftOut };
}

/** Numbers of `RouteConfiguration.virtual_hosts` and `ScopedRouteConfiguration.route_configuration`. */
const virtualHostsField = 2;
const routeConfigurationField = 5;

const headOf = ({ routes }: ScopeNames): Uint8Array =>
  encodeMessage("envoy.config.route.v3.RouteConfiguration", {
    name: routes,
    // Unset it is true here, unlike for RDS: a cluster that is not there would cost all scopes.
    validate_clusters: wrapped(false),
    ignore_port_in_host_matching: true,
    request_headers_to_remove: [scopeHeader],
  });

function scopeOf(
  names: ScopeNames,
  head: Uint8Array,
  host: EncodedVirtualHost,
  origins: readonly string[],
  before: Scope | undefined,
): Scope {
  const name = scopeName(names.listener, names.routes, host.domain);
  const message = { name, key: scopeKey(host.domain, names.routes) };
  const bytes = withElements(
    encodeMessage("envoy.config.route.v3.ScopedRouteConfiguration", message),
    routeConfigurationField,
    [withElements(head, virtualHostsField, [host.bytes])],
  );
  const sameClusters = before?.host.clusters === host.clusters;
  const resource = makeResource({
    typeUrl: typeUrls.scopedRoute,
    name,
    any: encodeRawAny(typeUrls.scopedRoute, bytes),
    needs: sameClusters ? before.resource.needs : clustersOf(host),
    origins: [...new Set([...origins, ...host.origins])],
  });
  return { host, resource };
}

const clustersOf = ({ clusters }: EncodedVirtualHost): readonly Reference[] =>
  [...new Set(clusters)].sort().map((name) => ({ typeUrl: typeUrls.cluster, name }));

/** One for each object that wants a host which is left out. */
export function leftOutDiagnostics(
  listener: string,
  { leftOut }: Pick<ScopedRoutes, "leftOut">,
): readonly Diagnostic[] {
  return leftOut.flatMap(({ domain, origins }) =>
    origins.map((key) => ({
      severity: "warning",
      code: "HOST_LEFT_OUT",
      key,
      revision: 0n,
      path: "",
      message:
        `host ${domain} is left out at listener ${listener}, whose routeDelivery is Scoped: it has ` +
        "exact hosts only; name the hosts one by one, or attach the route to a listener that is Whole",
    })),
  );
}
