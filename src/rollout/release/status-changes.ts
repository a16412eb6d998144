/**
 * The statuses that a release passes through, each made from the one before. Decisions and commands
 * share them, so that both mean the same by a beginning and by an abort.
 */
import type { Rollout } from "../../model/rollout.ts";
import { type Aborted, type RolloutStatus, thisRevision } from "../../model/rollout-status.ts";
import { ofBackground } from "./analysis-outcome.ts";
import type { Weights } from "./decision.ts";
import { isWritten, plannedPercent } from "./plan.ts";
import { accountOf } from "./wait.ts";
import { clipped } from "./words.ts";

/** When, and as which act. */
export interface Moment {
  readonly nowMs: number;
  readonly operation: string;
}

/** At the first step, with nothing written, over the weights that are found. */
export const begun = (
  { specHash }: Rollout,
  weights: Weights | undefined,
  { nowMs, operation }: Moment,
): RolloutStatus => ({
  specHash,
  phase: "Progressing",
  step: 0,
  stepStartedMs: nowMs,
  writtenRevision: undefined,
  reachedMs: undefined,
  canaryPercent: 0,
  weights,
  waits: undefined,
  idleMs: 0,
  held: false,
  promoted: "no",
  aborted: undefined,
  tallies: new Map(),
  message: "",
  operation,
});

/** The writes of the step are made by the act that this status is part of. */
export const written = (
  rollout: Rollout,
  status: RolloutStatus,
  weights: Weights,
  { nowMs, operation }: Moment,
): RolloutStatus => ({
  ...status,
  ...accountOf(status, undefined, nowMs),
  writtenRevision: thisRevision,
  reachedMs: undefined,
  writtenStep: status.step,
  canaryPercent: plannedPercent(rollout, status.step),
  weights,
  promoted: status.promoted === "full" ? "full" : "no",
  operation,
});

export const reached = (status: RolloutStatus, { nowMs, operation }: Moment): RolloutStatus => ({
  ...status,
  ...accountOf(status, undefined, nowMs),
  reachedMs: nowMs,
  operation,
});

/** The analysis in the background begins when the proxies send traffic that it is to watch. */
export function watched(
  { background }: Rollout,
  status: RolloutStatus,
  nowMs: number,
): RolloutStatus {
  const begins =
    background.metrics.length > 0 &&
    status.backgroundSinceMs === undefined &&
    status.step >= background.startingStep &&
    status.reachedMs !== undefined &&
    status.canaryPercent > 0;
  return begins ? { ...status, backgroundSinceMs: nowMs } : status;
}

/** A step that writes nothing is reached with the one before. */
export function entered(
  rollout: Rollout,
  status: RolloutStatus,
  step: number,
  { nowMs, operation }: Moment,
): RolloutStatus {
  const writes = isWritten(rollout, step);
  return {
    ...status,
    step,
    stepStartedMs: nowMs,
    writtenRevision: writes ? undefined : status.writtenRevision,
    reachedMs: writes ? undefined : nowMs,
    waits: undefined,
    idleMs: 0,
    // A promoted step leads through the write of the next one, and not through its pause.
    promoted: status.promoted === "step" && !writes ? "no" : status.promoted,
    tallies: ofBackground(status.tallies),
    operation,
  };
}

/** The step under way is written once more, over weights that somebody else wrote and we accept. */
export const resumedOver = (
  status: RolloutStatus,
  weights: Weights | undefined,
  { nowMs, operation }: Moment,
): RolloutStatus => ({
  ...status,
  stepStartedMs: nowMs,
  writtenRevision: undefined,
  reachedMs: undefined,
  weights,
  waits: undefined,
  idleMs: 0,
  // What was promoted was the step as it was.
  promoted: status.promoted === "full" ? "full" : "no",
  operation,
});

/** Over weights in which the canary has nothing, or keeps what it has. Latched: only `retry` leads out. */
export const abortedOver = (
  rollout: Rollout,
  status: RolloutStatus,
  weights: Weights | undefined,
  aborted: Aborted,
  { operation }: Moment,
): RolloutStatus => ({
  ...status,
  phase: "Degraded",
  writtenRevision: thisRevision,
  reachedMs: undefined,
  canaryPercent: aborted.keeps === undefined ? 0 : status.canaryPercent,
  weights,
  waits: undefined,
  held: false,
  promoted: "no",
  aborted,
  // Why nobody else can may change, and the message stays.
  message: abortText(rollout, aborted, aborted.keeps && "until another version can take it"),
  operation,
});

/** For who is told of an abort in its moment: with the reason why the canary keeps what it has. */
export const toldAbort = (rollout: Rollout, aborted: Aborted): string =>
  abortText(rollout, aborted, aborted.keeps && `as long as ${aborted.keeps}`);

function abortText(
  { service, canary }: Rollout,
  { by, reason }: Aborted,
  howLong: string | undefined,
): string {
  const kept = howLong === undefined ? "" : `, but ${canary} keeps its traffic ${howLong}`;
  return clipped(
    `aborted by ${by}${kept}: ${reason}; \`serin rollout retry ${service}\` begins again`,
  );
}
