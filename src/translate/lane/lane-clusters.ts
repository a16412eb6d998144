/** Where requests of a lane go instead of the clusters of a route. */
import type { Lane } from "../../model/lane.ts";
import type { FoundServices } from "../route/backends.ts";
import type { PlannedCluster } from "../route/plan.ts";
import type { RoutedSubset } from "../route/routing.ts";

/** undefined where they go the same way as all others. The sum of the weights stays. */
export function laneClusters(
  clusters: readonly PlannedCluster[],
  lane: Lane,
  found: FoundServices,
): readonly PlannedCluster[] | undefined {
  const replaced = clusters.map((cluster) => inLane(cluster, lane, found));
  if (replaced.every((cluster, i) => cluster === clusters[i])) return undefined;
  return joined(replaced);
}

/** The lane's part of the cluster's service; the cluster itself where the lane has no say. */
function inLane(cluster: PlannedCluster, lane: Lane, found: FoundServices): PlannedCluster {
  const part = found.get(cluster.service)?.lanes.get(lane.name);
  if (part === undefined || (!part.usable && lane.mode === "permissive")) return cluster;
  return { ...cluster, subset: part.name, failover: failoverIn(part, lane) };
}

/** A strict lane answers 503 rather than out of the baseline. */
const failoverIn = ({ splitFailover }: RoutedSubset, { mode }: Lane) =>
  mode === "strict" ? [] : splitFailover;

/** One service's subsets have become one and the same. */
function joined(clusters: readonly PlannedCluster[]): readonly PlannedCluster[] {
  const byTarget = new Map<string, PlannedCluster>();
  for (const cluster of clusters) {
    const key = `${cluster.service}/${cluster.subset}`;
    const known = byTarget.get(key);
    byTarget.set(
      key,
      known === undefined ? cluster : { ...known, weight: known.weight + cluster.weight },
    );
  }
  return [...byTarget.values()];
}
