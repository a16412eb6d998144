/** Where requests of a lane go instead of the clusters of a route. */
import type { Lane } from "../../model/lane.ts";
import { type FoundServices, sameCluster } from "../route/backends.ts";
import type { PlannedCluster } from "../route/plan.ts";

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
  return { ...cluster, subset: part.name, failover: part.splitFailover };
}

/**
 * A service's subsets, which stand beside each other, have become one and the same. Only neighbours
 * are joined: a split by hash must not move users from one service to another. Backends that change
 * headers differently stay apart.
 */
function joined(clusters: readonly PlannedCluster[]): readonly PlannedCluster[] {
  const made: PlannedCluster[] = [];
  for (const cluster of clusters) {
    const last = made.at(-1);
    if (last === undefined || !sameCluster(last, cluster)) made.push(cluster);
    else made[made.length - 1] = { ...last, weight: last.weight + cluster.weight };
  }
  return made;
}
