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

/** Of store/schema/weights.ts: a larger one would be refused, and the guard would trip for ever. */
const largestWeight = 1_000_000;

/** What was rounded off is no share to be taken again. */
const tolerance = 1e-9;

/** undefined: it has no more than that already, and nothing is to be written. */
export function trippedWeights(
  weights: readonly SubsetWeight[],
  { subset, percent, stable }: Tripped,
): readonly SubsetWeight[] | undefined {
  const own = weights.find((each) => each.subset === subset)?.weight ?? 0;
  const others = sum(weights.filter((each) => each.subset !== subset));
  if (own === 0 || own * (whole - percent) <= others * percent * (1 + tolerance)) {
    return undefined;
  }
  if (others === 0) return alone(weights, { subset, percent, stable });
  // Zero is the rule, and then the others' weights can stay as a person wrote them.
  const factor = percent === 0 ? 1 : whole - percent;
  return withinBounds(
    weights.map((each) => ({
      subset: each.subset,
      weight: each.subset === subset ? others * percent : each.weight * factor,
    })),
    subset,
  );
}

/** Rounded against the failing version. */
function withinBounds(
  weights: readonly SubsetWeight[],
  failing: SubsetName,
): readonly SubsetWeight[] {
  const most = Math.max(...weights.map(({ weight }) => weight));
  if (most <= largestWeight) return weights;
  return weights.map(({ subset, weight }) => {
    const scaled = (weight / most) * largestWeight;
    return { subset, weight: subset === failing ? Math.floor(scaled) : Math.ceil(scaled) };
  });
}

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
