/**
 * Shares of lanes in the weighted clusters of a route. Lanes come first, so that whom a hash took
 * into the first one stays there while its share grows; the sum is always the denominator.
 */
import type { PlannedCluster } from "../route/plan.ts";
import { denominator } from "../split/apportion.ts";

type Clusters = readonly PlannedCluster[];

export interface LaneShare {
  /** In hundredths of a percent of all requests. */
  readonly share: number;
  /** Where requests of the lane go instead, marked. */
  inLane(clusters: Clusters): Clusters;
}

/** Every part is split as the whole was: for splits by chance, and by another hash. */
export function drawnShares(clusters: Clusters, lanes: readonly LaneShare[]): Clusters {
  return inParts(lanes, (from, to) => {
    const bounds = boundsOf(clusters).map((bound) =>
      Math.floor((bound * (to - from)) / denominator),
    );
    return clusters.map((cluster, i) => between(cluster, bounds[i], bounds[i + 1]));
  });
}

/** The lanes take from the front, and what is behind them stays where it was, to the unit. */
export function cutShares(clusters: Clusters, lanes: readonly LaneShare[]): Clusters {
  return inParts(lanes, (from, to) => {
    const within = (bound: number): number => Math.min(Math.max(bound, from), to);
    const bounds = boundsOf(clusters).map(within);
    return clusters.map((cluster, i) => between(cluster, bounds[i], bounds[i + 1]));
  });
}

function inParts(
  lanes: readonly LaneShare[],
  part: (from: number, to: number) => Clusters,
): Clusters {
  const made: PlannedCluster[] = [];
  let from = 0;
  for (const { share, inLane } of lanes) {
    const to = Math.min(denominator, from + share);
    made.push(...inLane(part(from, to)));
    from = to;
  }
  return [...made, ...part(from, denominator)];
}

/** Where each cluster starts, and the end: its weights summed up. */
function boundsOf(clusters: Clusters): readonly number[] {
  const bounds = [0];
  for (const { weight } of clusters) bounds.push((bounds.at(-1) ?? 0) + weight);
  return bounds;
}

const between = (cluster: PlannedCluster, from = 0, to = 0): PlannedCluster => ({
  ...cluster,
  weight: to - from,
});
