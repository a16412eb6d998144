/** Route configurations, put together from encoded virtual hosts. */
import { encodeMessage, encodeRawAny } from "../../proto/encode.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { sameElements, withOrigins } from "../equal.ts";
import { withElements } from "../splice.ts";
import type { EncodedVirtualHost } from "./virtual-host.ts";

/** Number of `RouteConfiguration.virtual_hosts`. */
const virtualHostsField = 2;

/** A route configuration with what it was spliced from. */
export interface SplicedRoutes {
  readonly virtualHosts: readonly EncodedVirtualHost[];
  readonly routeConfiguration: Resource;
  /** The same for Envoys with the layer `weights`; undefined where nothing differs. */
  readonly layered: LayeredRoutes | undefined;
}

export interface LayeredRoutes {
  /** Of the virtual hosts, in their order. */
  readonly hosts: readonly Uint8Array[];
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
  const parts = {
    typeUrl: typeUrls.route,
    name,
    any: anyWith(
      name,
      virtualHosts.map(({ bytes }) => bytes),
    ),
    origins: [...new Set([...origins, ...virtualHosts.flatMap((host) => host.origins)])],
  };
  if (before !== undefined && sameClusters(before.virtualHosts, virtualHosts)) {
    return { ...makeResource(parts), references: before.routeConfiguration.references };
  }
  const references = virtualHosts.flatMap(({ clusters }) => clusters);
  return makeResource({ ...parts, references });
}

function anyWith(name: string, hosts: readonly Uint8Array[]): Uint8Array {
  const head = encodeMessage("envoy.config.route.v3.RouteConfiguration", {
    name,
    ignore_port_in_host_matching: true,
  });
  return encodeRawAny(typeUrls.route, withElements(head, virtualHostsField, hosts));
}

/**
 * `plain`: the same without the layer. Where only weights in motion have changed since `before`, the
 * resource is the one of then.
 */
export function layeredRoutes(
  virtualHosts: readonly EncodedVirtualHost[],
  plain: Resource,
  before?: SplicedRoutes,
): LayeredRoutes | undefined {
  if (virtualHosts.every(({ layered }) => layered === undefined)) return undefined;
  const last = before?.layered;
  const hosts = last === undefined ? virtualHosts.map(layeredBytes) : kept(virtualHosts, before);
  if (last !== undefined && sameElements(last.hosts, hosts)) {
    return { hosts, routeConfiguration: withOrigins(last.routeConfiguration, plain.origins) };
  }
  const { typeUrl, name, origins, references } = plain;
  const made = makeResource({ typeUrl, name, any: anyWith(name, hosts), origins });
  return { hosts, routeConfiguration: { ...made, references } };
}

const layeredBytes = ({ bytes, layered }: EncodedVirtualHost): Uint8Array => layered ?? bytes;

/** The bytes of before, where they are the same. */
function kept(
  virtualHosts: readonly EncodedVirtualHost[],
  before: SplicedRoutes | undefined,
): readonly Uint8Array[] {
  const hosts = before?.layered?.hosts ?? [];
  const inStep = before?.virtualHosts.length === virtualHosts.length;
  const places = new Map(
    inStep ? [] : before?.virtualHosts.map(({ domain }, at) => [domain, at] as const),
  );
  return virtualHosts.map((host, i) => {
    const at = inStep ? i : (places.get(host.domain) ?? -1);
    const last = hosts[at];
    const made = layeredBytes(host);
    if (last === undefined || before?.virtualHosts[at] === host) return last ?? made;
    return Buffer.compare(last, made) === 0 ? last : made;
  });
}

/** A change of weights names the clusters that were named before: they need no sorting again. */
const sameClusters = (
  before: readonly EncodedVirtualHost[],
  after: readonly EncodedVirtualHost[],
): boolean =>
  before.length === after.length &&
  before.every(({ clusters }, i) => clusters === after[i]?.clusters);
