/**
 * What routes see of a service. It is less than the service, so that a route is made anew only when
 * what it leads to did change, and not with every endpoint that comes and goes.
 */
import { isDeepStrictEqual } from "node:util";
import type { ManagedRoute } from "../../model/managed-routes.ts";
import type { LaneName, ServiceName, SubsetName } from "../../model/names.ts";
import type { Affinity, Service, ServiceSettings, SubsetWeight } from "../../model/service.ts";
import type { RateLimit, Retry } from "../../model/traffic.ts";
import { grpcCompatible } from "../cluster/grpc-compatible.ts";
import { type Failover, failoverOf, laneFailoverOf } from "../split/failover.ts";
import type { LanePart } from "../split/lane-parts.ts";
import type { ServiceSubset } from "../split/subsets.ts";

export interface ServiceRouting {
  readonly service: ServiceName;
  readonly split: readonly SubsetWeight[];
  /** Whether Envoys with the layer `weights` get the split as runtime keys. */
  readonly inMotion: boolean;
  /** Those of the service, and after them those that only routes name. */
  readonly subsets: ReadonlyMap<SubsetName, RoutedSubset>;
  /** Lanes that the service may be in, each with its part of the service. */
  readonly lanes: ReadonlyMap<LaneName, RoutedSubset>;
  readonly requestMs: number | undefined;
  readonly affinity: Affinity | undefined;
  readonly retry: Retry | undefined;
  readonly rateLimit: RateLimit | undefined;
  readonly servedVersionHeader: string | undefined;
  /** Of splits by hash that have none of their own: that of the release; empty: there was none yet. */
  readonly salt: string;
  /** Routes of the release whose version can take requests, in their order. */
  readonly managed: readonly ManagedRoute[];
  /** Whether gRPC clients have clusters of their own. */
  readonly grpcApart: boolean;
}

export interface RoutedSubset
  extends Pick<ServiceSubset, "name" | "usable" | "fallback" | "latched"> {
  /** A listed subset, or a version that some instance carries, drained or not. */
  readonly known: boolean;
  /**
   * Subsets that proxies turn to while they find no healthy instance here; none where proxies do
   * not look at health. The second list is for the service's own split, where the first subset
   * stands in for one that names no fallback.
   */
  readonly failover: readonly SubsetName[];
  readonly splitFailover: readonly SubsetName[];
}

export interface RoutingParts {
  readonly split: readonly SubsetWeight[];
  readonly subsets: readonly ServiceSubset[];
  readonly lanes: ReadonlyMap<LaneName, LanePart>;
  readonly inMotion: boolean;
}

/** `before`: the routing of the same service last time, which is kept where nothing differs. */
export function routingOf(
  { name, settings, release }: Service,
  { split, subsets, lanes, inMotion }: RoutingParts,
  before: ServiceRouting | undefined,
): ServiceRouting {
  const routed = (subset: ServiceSubset, failover: Failover): RoutedSubset => ({
    name: subset.name,
    usable: subset.usable,
    fallback: subset.fallback,
    latched: subset.latched,
    known: isKnown(settings, subset),
    ...failover,
  });
  const ownFailover = (subset: ServiceSubset) => failoverOf(settings, subset, subsets, split);
  const { loadBalancing, retry, rateLimit, servedVersionHeader } = settings;
  const kept = isDeepStrictEqual(before?.split, split) ? before?.split : undefined;
  const made: ServiceRouting = {
    service: name,
    split: kept ?? split,
    inMotion,
    subsets: new Map(subsets.map((subset) => [subset.name, routed(subset, ownFailover(subset))])),
    lanes: new Map(
      [...lanes].map(([lane, subset]) => [
        lane,
        routed(subset, laneFailoverOf(settings, subset, split)),
      ]),
    ),
    requestMs: settings.timeouts.requestMs,
    affinity: loadBalancing.affinity,
    retry,
    rateLimit,
    servedVersionHeader,
    salt: release?.salt ?? "",
    // Where nobody could answer, and where a guard has said no, requests go as the weights say.
    managed: (release?.routes ?? []).filter(({ to }) =>
      subsets.some(({ name: subset, usable }) => subset === to && usable),
    ),
    grpcApart: grpcCompatible(settings).settings !== settings,
  };
  return before !== undefined && isDeepStrictEqual(before, made) ? before : made;
}

function isKnown({ subsets }: ServiceSettings, { name, instances }: ServiceSubset): boolean {
  if (subsets.length === 0) return instances.length > 0;
  return subsets.some((subset) => subset.name === name);
}
