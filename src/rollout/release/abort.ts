/** What ends a release before its end, and what an abort writes. Nothing stands in the way of one. */
import type { Aborted, RolloutStatus } from "../../model/rollout-status.ts";
import { outcomesOf } from "./analysis-outcome.ts";
import type { DecideInput, Decision, DecisionToWrite } from "./decision.ts";
import { answered } from "./gates.ts";
import { sameWeights, shareOf, withoutCanary } from "./shares.ts";
import { abortedOver } from "./status-changes.ts";
import { keepsSince, withdrawn } from "./withdrawal.ts";
import { clipped } from "./words.ts";

export interface AbortCause {
  readonly by: string;
  readonly reason: string;
}

/** A guard ends a release before its beginning, and after its end, as well. */
export const guardCause = ({ latch }: DecideInput): AbortCause | undefined =>
  latch === undefined ? undefined : { by: `guard ${latch.guard}`, reason: latch.evidence };

/** undefined: none. */
export function abortCause(input: DecideInput, status: RolloutStatus): AbortCause | undefined {
  const guard = guardCause(input);
  if (guard !== undefined || status.phase === "Healthy") return guard;
  for (const { metric, verdict, evidence } of outcomesOf(input, status)) {
    if (verdict === "failed") return { by: `analysis ${metric}`, reason: evidence };
  }
  const rollback = answered(input, status, "rollback", "passed");
  if (rollback === undefined) return undefined;
  return { by: `webhook ${rollback.name}`, reason: "it asks for a rollback" };
}

/**
 * Takes all weight from the canary, and nothing else: what somebody has given other subsets meanwhile
 * stays, and where the canary has no weight already, no weight is written. Where nobody else can take
 * traffic, it keeps what it has until somebody can. A latched canary has no traffic, and its guard has
 * taken the weight: what was written since is a person's, and stays.
 */
export function abort(
  input: DecideInput,
  status: RolloutStatus,
  { by, reason }: AbortCause,
): DecisionToWrite {
  const aborted = { atMs: input.nowMs, by: clipped(by), reason: clipped(reason) };
  return { ...abortedNow(input, status, aborted), event: "Aborted" };
}

/** undefined: there is nothing to be withdrawn from the canary any more. */
export function withdraw(input: DecideInput, status: RolloutStatus): Decision | undefined {
  const { rollout, weights, weightsBy, latch } = input;
  const { aborted } = status;
  if (aborted?.keeps === undefined) return undefined;
  const isOthers = !sameWeights(weights, status.weights);
  // Without weights the tags of instances decide, and may well give it traffic.
  const hasTraffic = weights === undefined || shareOf(weights, rollout.canary) > 0;
  if (isOthers && hasTraffic) {
    const who = weightsBy ?? "somebody else";
    return hold(`weights/${rollout.service} was changed by ${who}, and stays`);
  }
  const latched = latch !== undefined;
  const keeps = keepsSince({ ...input, latched }, withoutCanary(rollout, weights));
  if (keeps !== undefined) return hold(`${rollout.canary} keeps its traffic as long as ${keeps}`);
  const { atMs, by, reason } = aborted;
  return { ...abortedNow(input, status, { atMs, by, reason }), event: "Withdrawn" };
}

const hold = (reason: string): Decision => ({ kind: "hold", reason, untilMs: undefined });

function abortedNow(
  input: DecideInput,
  status: RolloutStatus,
  aborted: Omit<Aborted, "keeps">,
): Omit<DecisionToWrite, "event"> {
  const { rollout, weights, latch } = input;
  if (latch !== undefined) {
    const next = abortedOver(rollout, status, weights, { ...aborted, keeps: undefined }, input);
    return { kind: "write", status: next, weights: undefined, reason: next.message };
  }
  return { kind: "write", ...withdrawn(input, status, withoutCanary(rollout, weights), aborted) };
}
