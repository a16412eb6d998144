/** Route configurations, put together from encoded virtual hosts. */
import { encodeMessage, encodeRawAny } from "../../proto/encode.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { withElements } from "../splice.ts";
import type { EncodedVirtualHost } from "./virtual-host.ts";

/** Number of `RouteConfiguration.virtual_hosts`. */
const virtualHostsField = 2;

/** A route configuration with what it was spliced from. */
export interface SplicedRoutes {
  readonly virtualHosts: readonly EncodedVirtualHost[];
  readonly routeConfiguration: Resource;
}

/**
 * `before`: the same route configuration last time, where there was one.
 *
 * `validate_clusters` stays unset, which is false for RDS: a cluster that is not there yet costs its
 * share of the traffic, and not the whole update.
 */
export function routeConfigurationResource(
  name: string,
  virtualHosts: readonly EncodedVirtualHost[],
  origins: readonly string[],
  before?: SplicedRoutes,
): Resource {
  const head = encodeMessage("envoy.config.route.v3.RouteConfiguration", {
    name,
    ignore_port_in_host_matching: true,
  });
  const bytes = withElements(
    head,
    virtualHostsField,
    virtualHosts.map((host) => host.bytes),
  );
  const parts = {
    typeUrl: typeUrls.route,
    name,
    any: encodeRawAny(typeUrls.route, bytes),
    origins: [...new Set([...origins, ...virtualHosts.flatMap((host) => host.origins)])],
  };
  if (before !== undefined && sameClusters(before.virtualHosts, virtualHosts)) {
    return { ...makeResource(parts), references: before.routeConfiguration.references };
  }
  const references = virtualHosts.flatMap(({ clusters }) => clusters);
  return makeResource({ ...parts, references });
}

/** A change of weights names the clusters that were named before: they need no sorting again. */
const sameClusters = (
  before: readonly EncodedVirtualHost[],
  after: readonly EncodedVirtualHost[],
): boolean =>
  before.length === after.length &&
  before.every(({ clusters }, i) => clusters === after[i]?.clusters);
