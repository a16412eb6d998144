/**
 * The state machine of a release: what to do next, given what is known. Total and pure: every input has
 * a decision, and the same one each time; all that it remembers is in the status. Each act is one write
 * of the status together with what it tells of, so that any controller goes on from there.
 */
import type { RolloutStatus } from "../../model/rollout-status.ts";
import { type AbortCause, abort, abortCause, guardCause, withdraw } from "./abort.ts";
import { carryOut, withAccount } from "./acts.ts";
import { type Outcome, outcomesOf } from "./analysis-outcome.ts";
import type { DecideInput, Decision } from "./decision.ts";
import { unasked } from "./gates.ts";
import { lastWebhooks, type Progress, progressOf } from "./progress.ts";
import { isSameShare, othersOf, sameWeights, shareOf } from "./shares.ts";
import { begun, reached } from "./status-changes.ts";
import {
  deadlineMs,
  inconclusiveWait,
  isLatched,
  othersWait,
  rollbackWait,
  type Wait,
  weightsWait,
} from "./wait.ts";
import { durationText } from "./words.ts";

export function decide(input: DecideInput): Decision {
  const { rollout, status } = input;
  if (status === undefined || status.specHash !== rollout.specHash) return begin(input);
  if (status.aborted !== undefined) return rollBack(input, status);
  const cause = abortCause(input, status);
  if (cause !== undefined) return abort(input, status, cause);
  if (status.phase === "Healthy") return hold(status.message);
  return goOn(input, status);
}

const hold = (reason: string, untilMs?: number): Decision => ({
  kind: "hold",
  reason,
  untilMs,
});

/** Takes over the weights as they are: the first step is what changes them. */
function begin(input: DecideInput): Decision {
  const { rollout, weights } = input;
  const status = begun(rollout, weights, input);
  // What was found about the release before says nothing of this one.
  const cause = guardCause(input);
  if (cause !== undefined) return abort(input, status, cause);
  const decision = { kind: "write", weights: undefined } as const;
  if (isSameShare(shareOf(weights, rollout.canary), 100)) {
    const reason = `${rollout.canary} has all traffic already`;
    const step = rollout.steps.length;
    const next = {
      ...status,
      step,
      phase: "Healthy",
      canaryPercent: 100,
      message: reason,
    } as const;
    return { ...decision, status: next, reason, event: "Completed" };
  }
  const others = othersOf(rollout, weights).length > 0 ? othersWait(input) : undefined;
  const next = withAccount(input, status, others);
  const reason = `the release of ${rollout.canary} begins`;
  return { ...decision, status: next, reason, event: "Begun" };
}

/** Aborted: it only sees that the canary is out and the proxies follow, and never goes on. */
function rollBack(input: DecideInput, status: RolloutStatus): Decision {
  if (status.reachedMs !== undefined) return hold(status.message);
  const withdrawal = withdraw(input, status);
  if (withdrawal !== undefined) return withdrawal;
  const wait = rollbackWait(input.acked);
  if (wait !== undefined) return hold(wait);
  const last = lastWebhooks(input, status);
  if (last?.kind === "ask") return { ...last, reason: "the release was rolled back" };
  if (last?.kind === "wait") return hold(status.message);
  const next = { ...reached(status, input), message: status.message };
  return {
    kind: "write",
    status: next,
    weights: undefined,
    reason: `the proxies have taken ${input.rollout.canary} out`,
    event: "RolledBack",
  };
}

function goOn(input: DecideInput, status: RolloutStatus): Decision {
  const { rollout } = input;
  const rollbacks = unasked(input, status, "rollback");
  if (rollbacks.length > 0) {
    return { kind: "ask", asks: rollbacks, reason: "somebody may want a rollback" };
  }
  if (!sameWeights(input.weights, status.weights)) {
    return waitFor(input, status, weightsWait(input, status));
  }
  if (isLatched(status)) return hold(status.message);
  const doubt = outcomesOf(input, status).find(isDoubt);
  if (doubt !== undefined) return waitFor(input, status, inconclusiveWait(rollout, doubt));
  return answer(input, status, progressOf(input, status));
}

/** What cannot be measured says nothing against the canary, and nothing for it. */
const isDoubt = ({ verdict }: Outcome): boolean =>
  verdict === "inconclusive" || verdict === "error";

function answer(input: DecideInput, status: RolloutStatus, progress: Progress): Decision {
  switch (progress.kind) {
    case "wait":
      return waitFor(input, status, progress.wait);
    case "ask":
      return { ...progress, reason: "the next step has gates" };
    case "fail":
      return abort(input, status, progress);
    default:
      return carryOut(input, status, progress.kind);
  }
}

const told = (sentence: string, { detail }: Pick<Wait, "detail">): string =>
  detail === "" ? sentence : `${sentence} (${detail})`;

/** Holds; the first time, it is written what for. */
function waitFor(input: DecideInput, status: RolloutStatus, wait: Wait): Decision {
  const { rollout, nowMs } = input;
  const lateMs = deadlineMs(rollout, status, wait.for, nowMs);
  const isLate = lateMs !== undefined && nowMs >= lateMs;
  if (isLate && rollout.progressDeadlineAbort) {
    return abort(input, status, lateness(rollout.progressDeadlineMs, wait));
  }
  const next = withAccount(input, status, wait);
  const isKnown =
    next.phase === status.phase &&
    next.message === status.message &&
    status.waits?.for === wait.for;
  if (isKnown) {
    const ends = [wait.untilMs, isLate ? undefined : lateMs].filter((each) => each !== undefined);
    const untilMs = ends.length === 0 ? undefined : Math.min(...ends);
    return hold(told(status.message, wait), untilMs);
  }
  return {
    kind: "write",
    status: next,
    weights: undefined,
    reason: told(next.message, wait),
    event: isLate ? "Overdue" : isLatched(next) ? "Paused" : "Waits",
  };
}

const lateness = (deadline: number, { sentence }: Wait): AbortCause => ({
  by: "the progress deadline",
  reason: `no progress for ${durationText(deadline)}, since ${sentence}`,
});
