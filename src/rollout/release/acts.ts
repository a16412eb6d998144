/**
 * Acts of a release that goes on: one step of the state machine each. The status that an act writes says
 * already what comes after it, so that nothing more needs to be written to say so.
 */
import type { RolloutStatus } from "../../model/rollout-status.ts";
import { thisRevision } from "../../model/rollout-status.ts";
import { ofBackground } from "./analysis-outcome.ts";
import type { DecideInput, DecisionToWrite, RolloutEvent, Weights } from "./decision.ts";
import { plannedPercent, stepName } from "./plan.ts";
import { type Progress, progressOf } from "./progress.ts";
import { releaseWeights, sameWeights } from "./shares.ts";
import { entered, reached, watched, written } from "./status-changes.ts";
import { accountOf, deadlineMs, phaseOf, type Wait } from "./wait.ts";
import { clipped, durationText } from "./words.ts";

type Act = Extract<Progress["kind"], "write" | "reach" | "leave" | "complete">;

export function carryOut(input: DecideInput, status: RolloutStatus, act: Act): DecisionToWrite {
  const { rollout } = input;
  const { canary, steps } = rollout;
  const name = stepName(rollout, status.step);
  switch (act) {
    case "write": {
      const weights = releaseWeights(rollout, plannedPercent(rollout, status.step), input.weights);
      const next = written(rollout, status, weights, input);
      return write(input, next, "StepWritten", `${name} is written`);
    }
    case "reach":
      return write(input, reached(status, input), "StepReached", `${name} is reached`);
    case "leave": {
      const step = status.promoted === "full" ? steps.length : status.step + 1;
      const next = entered(rollout, status, step, input);
      return write(input, next, "StepEntered", `${stepName(rollout, step)} is next`);
    }
    case "complete": {
      const message = `${canary} has all traffic: the release is complete`;
      const next = {
        ...reached(status, input),
        phase: "Healthy",
        promoted: "no",
        message,
      } as const;
      return decision(input, next, "Completed", message);
    }
  }
}

/** The act, and what it leads to, as far as that is plain already. */
function write(
  input: DecideInput,
  next: RolloutStatus,
  event: RolloutEvent,
  reason: string,
): DecisionToWrite {
  return decision(input, withAccount(input, next, waitAfter(input, next)), event, reason);
}

function decision(
  { rollout, weights: inForce, nowMs }: DecideInput,
  after: RolloutStatus,
  event: RolloutEvent,
  reason: string,
): DecisionToWrite {
  const next = watched(rollout, after, nowMs);
  const weights = sameWeights(inForce, next.weights) ? undefined : next.weights;
  return { kind: "write", status: next, weights, reason, event };
}

/** Findings and acknowledgements of the step before say nothing of this one. */
function waitAfter(input: DecideInput, next: RolloutStatus): Wait | undefined {
  const weights: Weights | undefined = next.weights;
  const isJustWritten = next.writtenRevision === thisRevision;
  const progress = progressOf(
    {
      ...input,
      weights,
      analysis: next.step === input.status?.step ? input.analysis : ofBackground(input.analysis),
      acked: isJustWritten ? { kind: "pending", behind: [] } : input.acked,
    },
    next,
  );
  return progress.kind === "wait" ? progress.wait : undefined;
}

/** The status with what it waits for from now on; undefined: for the next act. */
export function withAccount(
  input: DecideInput,
  status: RolloutStatus,
  wait: Wait | undefined,
): RolloutStatus {
  const { rollout, nowMs, operation } = input;
  const account = accountOf(status, wait?.for, nowMs);
  if (wait === undefined) {
    const message = `${stepName(rollout, status.step)} is about to go on`;
    return { ...status, ...account, phase: "Progressing", message, operation };
  }
  const lateMs = deadlineMs(rollout, status, wait.for, nowMs);
  if (lateMs === undefined || nowMs < lateMs) {
    const message = clipped(wait.sentence);
    return { ...status, ...account, phase: phaseOf(wait.for), message, operation };
  }
  const late = `no progress for ${durationText(rollout.progressDeadlineMs)}`;
  const message = clipped(`${late}: ${wait.sentence}`);
  return { ...status, ...account, phase: "Degraded", message, operation };
}
