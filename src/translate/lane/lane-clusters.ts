/** Where requests of a lane go instead of the clusters of a route. */
import type { Lane } from "../../model/lane.ts";
import { type FoundServices, neighboursJoined } from "../route/backends.ts";
import type { PlannedCluster } from "../route/plan.ts";

/** undefined where they go the same way as all others. The sum of the weights stays. */
export function laneClusters(
  clusters: readonly PlannedCluster[],
  lane: Lane,
  found: FoundServices,
): readonly PlannedCluster[] | undefined {
  const replaced = clusters.map((cluster) => inLane(cluster, lane, found));
  if (replaced.every((cluster, i) => cluster === clusters[i])) return undefined;
  return neighboursJoined(replaced);
}

/** The lane's part of the cluster's service; the cluster itself where the lane has no say. */
function inLane(cluster: PlannedCluster, lane: Lane, found: FoundServices): PlannedCluster {
  const part = found.get(cluster.service)?.lanes.get(lane.name);
  if (part === undefined || (!part.usable && lane.mode === "permissive")) return cluster;
  return { ...cluster, subset: part.name, failover: part.splitFailover };
}
