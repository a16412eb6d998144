/**
 * The split of a service as runtime keys. Envoy reads a cluster's weight at
 * `<runtime_key_prefix>.<cluster>`, where there is such a key.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-weightedcluster
 */
import { contentHash } from "../../lib/hash.ts";
import type { ServiceName } from "../../model/names.ts";
import { targetName } from "../names.ts";
import { splitClusters } from "../route/backends.ts";
import type { MovingSplit, PlannedCluster } from "../route/plan.ts";
import type { ServiceRouting } from "../route/routing.ts";

export interface SplitKeys {
  readonly service: ServiceName;
  /**
   * Of one list of clusters and no other: a route that still has another list goes on with the keys
   * of that one, until it is replaced as a whole.
   */
  readonly prefix: string;
  /** By cluster, zeros included; the sum is the denominator. */
  readonly weights: ReadonlyMap<string, number>;
}

const known = new WeakMap<ServiceRouting, SplitKeys>();

/** Whether or not the service is in motion. */
export function splitKeys(routing: ServiceRouting): SplitKeys {
  const before = known.get(routing);
  if (before !== undefined) return before;
  const clusters = splitClusters(routing);
  const weights = new Map(clusters.map((cluster) => [nameOf(cluster), cluster.weight]));
  const shape = contentHash(JSON.stringify([...weights.keys()])).slice(0, 8);
  const keys = { service: routing.service, prefix: `w.${shape}`, weights };
  known.set(routing, keys);
  return keys;
}

const nameOf = ({ service, subset, failover }: PlannedCluster): string =>
  targetName(service, subset, failover);

/**
 * `clusters`, where they are just the split of a service in motion. A list in which one cluster
 * stands twice, as it may to keep users of a split by hash in their places, has no keys.
 */
export function movingSplit(
  clusters: readonly PlannedCluster[],
  routing: ServiceRouting | undefined,
): MovingSplit | undefined {
  if (routing?.inMotion !== true || clusters.length < 2) return undefined;
  const { prefix, weights } = splitKeys(routing);
  const names = new Set(clusters.map(nameOf));
  const isWhole = names.size === clusters.length && names.size === weights.size;
  const isSplit = clusters.every((cluster) => weights.get(nameOf(cluster)) === cluster.weight);
  return isWhole && isSplit ? { prefix, clusters } : undefined;
}
