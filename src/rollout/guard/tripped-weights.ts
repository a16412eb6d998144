/**
 * The weights of a service after a guard has tripped. The failing version keeps no more than what the
 * guard says; the others keep their ratios, and where they had nothing, the stable one gets it.
 */
import type { SubsetName } from "../../model/names.ts";
import type { SubsetWeight } from "../../model/service.ts";

export interface Tripped {
  readonly subset: SubsetName;
  /** Most per cent of the traffic that it keeps. */
  readonly percent: number;
  /** Gets what nobody else does. */
  readonly stable: SubsetName;
}

const whole = 100;

/** undefined: it has no more than that already, and nothing is to be written. */
export function trippedWeights(
  weights: readonly SubsetWeight[],
  { subset, percent, stable }: Tripped,
): readonly SubsetWeight[] | undefined {
  const own = weights.find((each) => each.subset === subset)?.weight ?? 0;
  const others = sum(weights) - own;
  if (own === 0 || own * (whole - percent) <= others * percent) return undefined;
  if (others === 0) return alone(weights, { subset, percent, stable });
  return weights
    .map((each) => ({
      subset: each.subset,
      weight: each.subset === subset ? others * percent : each.weight * (whole - percent),
    }))
    .map(inLowestTerms(percent));
}

/** Zero is the rule, and then the others' weights can stay as a person wrote them. */
const inLowestTerms =
  (percent: number) =>
  ({ subset, weight }: SubsetWeight): SubsetWeight => ({
    subset,
    weight: percent === 0 ? weight / whole : weight,
  });

function alone(
  weights: readonly SubsetWeight[],
  { subset, percent, stable }: Tripped,
): readonly SubsetWeight[] | undefined {
  // There is nobody else to send the traffic to.
  if (subset === stable) return undefined;
  const rest = weights.filter((each) => each.subset !== stable && each.subset !== subset);
  return [{ subset: stable, weight: whole - percent }, ...rest, { subset, weight: percent }];
}

const sum = (weights: readonly SubsetWeight[]): number =>
  weights.reduce((total, { weight }) => total + weight, 0);
