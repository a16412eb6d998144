/**
 * What an abort does to the weights. It takes the canary's share, unless nobody else can take traffic: at a
 * stable version without instances all requests would fail, and not only those that a bad canary fails.
 * Then the canary keeps what it has, and loses it as soon as somebody else can answer. Whether it can
 * answer itself is not asked: where nobody can, its instances may be the first to come back.
 */
import type { SubsetName } from "../../model/names.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { Aborted, RolloutStatus } from "../../model/rollout-status.ts";
import type { Weights } from "./decision.ts";
import { sameWeights, shareOf } from "./shares.ts";
import { abortedOver, type Moment, toldAbort } from "./status-changes.ts";

/** Subsets that can take no traffic, nor anybody in their place, each with the reason. */
export type Unable = ReadonlyMap<SubsetName, string>;

export interface AbortInput extends Moment {
  readonly rollout: Rollout;
  /** In force. */
  readonly weights: Weights | undefined;
  readonly unable?: Unable;
  /** Whether a guard has taken the canary out: it has no traffic to keep then. Left out: none has. */
  readonly latched?: boolean;
}

export interface Withdrawn {
  readonly status: RolloutStatus;
  /** undefined: they stay as they are. */
  readonly weights: Weights | undefined;
  /** For the record and for alerts. */
  readonly reason: string;
}

/** `without`: the weights in which the canary has nothing. */
export function withdrawn(
  input: AbortInput,
  status: RolloutStatus,
  without: Weights,
  cause: Omit<Aborted, "keeps">,
): Withdrawn {
  const { rollout, weights: found } = input;
  const keeps = keepsSince(input, without);
  const aborted = { ...cause, keeps };
  const after = keeps === undefined ? without : found;
  return {
    status: abortedOver(rollout, status, after, aborted, input),
    weights: sameWeights(found, after) ? undefined : after,
    reason: toldAbort(rollout, aborted),
  };
}

/** Why the canary has to keep what it has; undefined: it need not, or has nothing. */
export function keepsSince(
  { rollout: { stable, canary }, weights: found, unable = new Map(), latched = false }: AbortInput,
  without: Weights,
): string | undefined {
  const hasNothing = found !== undefined && shareOf(found, canary) === 0;
  if (hasNothing || latched) return undefined;
  const takers = [...without].flatMap(([subset, weight]) => (weight > 0 ? [subset] : []));
  return takers.every((subset) => unable.has(subset)) ? unable.get(stable) : undefined;
}
