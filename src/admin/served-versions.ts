/**
 * The versions of a service as Envoys are served them: how many instances each has, and whether its
 * proxies look at their health. Read from the resources, so it is true of whatever translate makes.
 */
import { decodeAny, decodeMessage } from "../proto/decode.ts";
import type { LbEndpoint } from "../proto/messages.ts";
import type { Resource } from "../snapshot/resource.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import type { Translation } from "../translate/translate.ts";

export interface ServedVersion {
  readonly service: string;
  readonly subset: string;
  /** Those that get new requests. */
  readonly instances: number;
  /** By health checks, outlier detection, or both; else they find nothing out. */
  readonly looksAtHealth: boolean;
}

/** Undefined: there is no such service. In the order in which they are served. */
export function servedVersions(
  translation: Translation,
  service: string,
): readonly ServedVersion[] | undefined {
  const bundle = translation.services.get(`service/${service}`);
  return bundle?.resources.flatMap((resource) => {
    const instances = instancesIn(resource);
    const found = partsOf(resource.name);
    if (instances === undefined || found?.service !== service) return [];
    const cluster = bundle.resources.find(
      ({ typeUrl, name }) => typeUrl === typeUrls.cluster && name === resource.name,
    );
    return [{ ...found, instances, looksAtHealth: cluster !== undefined && looksIn(cluster) }];
  });
}

/** By the name of its cluster; undefined: it is none of a service's versions. */
export function servedVersion(translation: Translation, name: string): ServedVersion | undefined {
  const parts = partsOf(name);
  if (parts === undefined) return undefined;
  const versions = servedVersions(translation, parts.service);
  return versions?.find(({ subset }) => subset === parts.subset);
}

function partsOf(name: string): { readonly service: string; readonly subset: string } | undefined {
  const [service = "", subset = "", ...more] = name.split("/");
  return subset === "" || more.length > 0 ? undefined : { service, subset };
}

const instances = new WeakMap<Resource, number>();

/** Undefined: it is no load assignment. */
function instancesIn(resource: Resource): number | undefined {
  if (resource.typeUrl !== typeUrls.endpoint) return undefined;
  const known = instances.get(resource);
  if (known !== undefined) return known;
  const { value } = decodeAny(resource.any);
  const { endpoints = [] } = decodeMessage("envoy.config.endpoint.v3.ClusterLoadAssignment", value);
  const count = endpoints.flatMap(({ lb_endpoints: each = [] }) => each.filter(takesRequests));
  instances.set(resource, count.length);
  return count.length;
}

const takesRequests = ({ health_status: status = "UNKNOWN" }: LbEndpoint): boolean =>
  status !== "DRAINING";

const looks = new WeakMap<Resource, boolean>();

function looksIn(cluster: Resource): boolean {
  const known = looks.get(cluster);
  if (known !== undefined) return known;
  const { value } = decodeAny(cluster.any);
  const message = decodeMessage("envoy.config.cluster.v3.Cluster", value);
  const { health_checks: checks = [], outlier_detection: outliers } = message;
  const does = checks.length > 0 || outliers !== undefined;
  looks.set(cluster, does);
  return does;
}
