/** Route configurations, put together from encoded virtual hosts. */
import { encodeMessage, encodeRawAny } from "../proto/encode.ts";
import { makeResource, type Resource } from "../snapshot/resource.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import { withElements } from "./splice.ts";
import type { EncodedVirtualHost } from "./virtual-host.ts";

/** Number of `RouteConfiguration.virtual_hosts`. */
const virtualHostsField = 2;

/**
 * `validate_clusters` stays unset, which is false for RDS: a cluster that is not there yet costs its
 * share of the traffic, and not the whole update.
 */
export function routeConfigurationResource(
  name: string,
  virtualHosts: readonly EncodedVirtualHost[],
  origins: readonly string[],
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
  return makeResource({
    typeUrl: typeUrls.route,
    name,
    any: encodeRawAny(typeUrls.route, bytes),
    references: virtualHosts.flatMap(({ clusters }) => clusters),
    origins: [...new Set([...origins, ...virtualHosts.flatMap((host) => host.origins)])],
  });
}
