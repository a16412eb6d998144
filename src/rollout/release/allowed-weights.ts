/**
 * Which weights a plan allows at all, whatever happens: what tests of faults hold every written weight
 * against.
 */
import type { Rollout } from "../../model/rollout.ts";
import type { Weights } from "./decision.ts";
import { isSameShare, othersOf, shareOf } from "./shares.ts";

/** Percentages of the canary: none, those of the steps, all. */
export const allowedPercents = ({ steps }: Rollout): ReadonlySet<number> =>
  new Set([0, ...steps.flatMap((step) => (step.kind === "setWeight" ? [step.percent] : [])), 100]);

/** Whether a release may have written these. */
export function isAllowed(rollout: Rollout, weights: Weights): boolean {
  const canary = shareOf(weights, rollout.canary);
  const stable = shareOf(weights, rollout.stable);
  return (
    othersOf(rollout, weights).length === 0 &&
    isSameShare(stable + canary, 100) &&
    [...allowedPercents(rollout)].some((percent) => isSameShare(percent, canary))
  );
}
