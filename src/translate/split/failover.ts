/**
 * Which subsets proxies turn to by themselves. The control plane sees instances come and go; only a
 * proxy sees at once that the last one of a version fails its health checks.
 */
import type { SubsetName } from "../../model/names.ts";
import { looksAtHealth, type ServiceSettings, type SubsetWeight } from "../../model/service.ts";
import type { LanePart } from "./lane-parts.ts";
import type { ServiceSubset } from "./subsets.ts";

export interface Failover {
  /** Where a route asks for the subset: the fallbacks that its settings name. */
  readonly failover: readonly SubsetName[];
  /** In the service's own split, its first subset with weight where no fallback is named. */
  readonly splitFailover: readonly SubsetName[];
}

const none: Failover = { failover: [], splitFailover: [] };

/**
 * A fallback that is named is one at any weight. Without one, the first subset that the split gives
 * traffic stands in: zero means zero, for it may be there to go back to, or be broken.
 */
export function failoverOf(
  settings: ServiceSettings,
  subset: ServiceSubset,
  subsets: readonly ServiceSubset[],
  split: readonly SubsetWeight[],
): Failover {
  if (!looksAtHealth(settings)) return none;
  const failover = fallbackChain(subset, subsets);
  const first = split.find(({ weight }) => weight > 0)?.subset;
  if (failover.length > 0 || first === undefined || first === subset.name) {
    return { failover, splitFailover: failover };
  }
  return { failover, splitFailover: [first] };
}

/**
 * Of a lane's part: the subsets that the split gives traffic, the one with the most first, so that
 * the requests of a sick lane do not all fall on a canary. One at zero is not asked: it may be there
 * to go back to, or be broken.
 */
export function laneFailoverOf(
  settings: ServiceSettings,
  { failsOver }: LanePart,
  split: readonly SubsetWeight[],
): Failover {
  if (!failsOver || !looksAtHealth(settings)) return none;
  // A subset may have its weight in several places.
  const weights = new Map<SubsetName, number>();
  for (const { subset, weight } of split) {
    weights.set(subset, (weights.get(subset) ?? 0) + weight);
  }
  const failover = [...weights]
    .filter(([, weight]) => weight > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([subset]) => subset);
  return { failover, splitFailover: failover };
}

function fallbackChain(
  subset: ServiceSubset,
  subsets: readonly ServiceSubset[],
): readonly SubsetName[] {
  const chain: SubsetName[] = [];
  let next = subset.fallback;
  while (next !== undefined && next !== subset.name && !chain.includes(next)) {
    chain.push(next);
    const name = next;
    next = subsets.find((each) => each.name === name)?.fallback;
  }
  const isLatched = (name: SubsetName): boolean =>
    subsets.find((each) => each.name === name)?.latched === true;
  return chain.filter((name) => !isLatched(name));
}
