/**
 * Weights of a service as shares of its traffic. A release has two subsets in motion and leaves the
 * others at 0; what it writes sums up to 100, so that its numbers are per cent.
 */
import { limits } from "../../config/limits.ts";
import type { SubsetName } from "../../model/names.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { Weights } from "./decision.ts";

/** Two shares closer than this, in per cent, are the same: a user's ratio may not be a finite decimal. */
const tolerance = 1e-6;

/** In per cent; 0 where there are no weights. */
export function shareOf(weights: Weights | undefined, subset: SubsetName): number {
  if (weights === undefined) return 0;
  let sum = 0;
  for (const weight of weights.values()) sum += weight;
  return sum > 0 ? ((weights.get(subset) ?? 0) / sum) * 100 : 0;
}

export const isSameShare = (one: number, other: number): boolean =>
  Math.abs(one - other) < tolerance;

/** Whether both divide the traffic in the same way. */
export function sameWeights(one: Weights | undefined, other: Weights | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return [...one.keys(), ...other.keys()].every((subset) =>
    isSameShare(shareOf(one, subset), shareOf(other, subset)),
  );
}

/** Subsets that have traffic and are no part of the release. */
export const othersOf = (
  { stable, canary }: Rollout,
  weights: Weights | undefined,
): readonly SubsetName[] =>
  [...(weights ?? [])].flatMap(([subset, weight]) =>
    weight > 0 && subset !== stable && subset !== canary ? [subset] : [],
  );

/** The canary at `percent`, the stable subset at the rest, and every other one of `found` at 0. */
export function releaseWeights(
  { stable, canary }: Rollout,
  percent: number,
  found: Weights | undefined,
): Weights {
  const others = [...(found ?? new Map<SubsetName, number>()).keys()]
    .filter((subset) => subset !== stable && subset !== canary)
    // One that is left out has no traffic either.
    .slice(0, limits.decode.subsets - 2);
  // In hundredths, since 100 - 0.07 is not what one expects to read.
  const rest = (10_000 - Math.round(percent * 100)) / 100;
  return new Map([[stable, rest], [canary, percent], ...others.map((each) => [each, 0] as const)]);
}

/** Of store/schema/weights.ts: a larger one would be refused. */
const largestWeight = 1_000_000;

/**
 * What was found, but the canary's share is the stable subset's: what somebody gave others stays. Where
 * the canary has nothing, it is what was found.
 */
export function withoutCanary(rollout: Rollout, found: Weights | undefined): Weights {
  const { stable, canary } = rollout;
  if (found !== undefined && shareOf(found, canary) === 0) return found;
  if (found === undefined || othersOf(rollout, found).length === 0) {
    return releaseWeights(rollout, 0, found);
  }
  const rest = (found.get(stable) ?? 0) + (found.get(canary) ?? 0);
  const weights = new Map<SubsetName, number>([...found, [stable, rest], [canary, 0]]);
  // Where the others cannot be kept, an abort goes before them.
  const fits = rest <= largestWeight && weights.size <= limits.decode.subsets;
  return fits ? weights : releaseWeights(rollout, 0, found);
}

/** `v1 90 %, v2 10 %`; those without traffic are left out. */
export function weightsText(weights: Weights | undefined): string {
  if (weights === undefined) return "no weights";
  const parts = [...weights.keys()].flatMap((subset) => {
    const share = shareOf(weights, subset);
    return share > 0 ? [`${subset} ${percentText(share)}`] : [];
  });
  return parts.length === 0 ? "no weights" : parts.join(", ");
}

/** At most two decimals. */
export const percentText = (percent: number): string => `${Number(percent.toFixed(2))} %`;
