/** What ends a release before its end, and what an abort writes. Nothing stands in the way of one. */
import type { RolloutStatus } from "../../model/rollout-status.ts";
import { outcomesOf } from "./analysis-outcome.ts";
import type { DecideInput, DecisionToWrite } from "./decision.ts";
import { answered } from "./gates.ts";
import { sameWeights, withoutCanary } from "./shares.ts";
import { abortedOver } from "./status-changes.ts";
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
 * stays, and where the canary has no weight already, no weight is written.
 */
export function abort(
  input: DecideInput,
  status: RolloutStatus,
  { by, reason }: AbortCause,
): DecisionToWrite {
  const { rollout, weights } = input;
  const after = withoutCanary(rollout, weights);
  const aborted = { atMs: input.nowMs, by: clipped(by), reason: clipped(reason) };
  const next = abortedOver(rollout, status, after, aborted, input);
  return {
    kind: "write",
    status: next,
    weights: sameWeights(weights, after) ? undefined : after,
    reason: next.message,
    event: "Aborted",
  };
}
