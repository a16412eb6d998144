/**
 * What people say to a release: promote, pause, abort and so on (Argo Rollouts' verbs). Each is one write
 * of the status, or a refusal that says why. Whoever carries it out compares the revisions of what it was
 * decided upon, and asks again when somebody else was quicker; so an abort wins in the end, always.
 */
import type { Rollout } from "../../model/rollout.ts";
import type { RolloutStatus } from "../../model/rollout-status.ts";
import type { Weights } from "./decision.ts";
import { stepName } from "./plan.ts";
import { releaseWeights, withoutCanary } from "./shares.ts";
import { begun, type Moment, resumedOver } from "./status-changes.ts";
import { accountOf, heldWait, isLatched } from "./wait.ts";
import { type Unable, withdrawn } from "./withdrawal.ts";
import { clipped, timeText } from "./words.ts";

export type RolloutCommand =
  /** On from where it waits. */
  | "promote"
  /** To the promotion, past all steps between; gates and windows hold. */
  | "promoteFull"
  | "pause"
  | "resume"
  | "abort"
  /** From the first step, after an abort, or over weights that somebody else wrote. */
  | "retry"
  /** The stable version gets all traffic, and the release is aborted, even if it was complete. */
  | "undo";

export interface CommandInput extends Moment {
  readonly rollout: Rollout;
  /** As the store has it, `thisRevision` replaced. */
  readonly status: RolloutStatus | undefined;
  /** In force; undefined: there is no such key. */
  readonly weights: Weights | undefined;
  /** Whether a guard has latched the canary. */
  readonly latched: boolean;
  /** Left out: all can take traffic. */
  readonly unable?: Unable;
  readonly command: RolloutCommand;
  /** Who says it. */
  readonly by: string;
  /** In the person's own words. */
  readonly why: string | undefined;
}

export type CommandOutcome =
  | {
      readonly kind: "write";
      readonly status: RolloutStatus;
      /** undefined: they stay as they are. */
      readonly weights: Weights | undefined;
      /** The latch of a guard on the canary goes in the same transaction. */
      readonly clearsLatch: boolean;
      readonly reason: string;
    }
  | { readonly kind: "refused"; readonly reason: string };

export function applyCommand(input: CommandInput): CommandOutcome {
  switch (input.command) {
    case "abort":
      return abort(input);
    case "undo":
      return undo(input);
    case "pause":
      return underWay(input, pause);
    case "resume":
      return underWay(input, resume);
    case "promote":
      return underWay(input, promote);
    case "promoteFull":
      return underWay(input, promoteFull);
    case "retry":
      return retry(input);
  }
}

const refused = (reason: string): CommandOutcome => ({ kind: "refused", reason });

const write = (
  status: RolloutStatus,
  reason: string,
  weights?: Weights,
  clearsLatch = false,
): CommandOutcome => ({ kind: "write", status, weights, clearsLatch, reason });

/** Of this release, and not of the one before it. */
const currentStatus = ({ rollout, status }: CommandInput): RolloutStatus | undefined =>
  status?.specHash === rollout.specHash ? status : undefined;

const said = ({ command, why }: CommandInput): string =>
  why === undefined || why.trim() === "" ? `somebody said \`${command}\`` : why;

const isAborted = (service: string, { by, atMs, reason }: NonNullable<RolloutStatus["aborted"]>) =>
  `the release of ${service} was aborted by ${by} at ${timeText(atMs)} (${reason})`;

function abort(input: CommandInput): CommandOutcome {
  const { rollout, weights } = input;
  const status = currentStatus(input) ?? begun(rollout, weights, input);
  if (status.aborted !== undefined) return refused(isAborted(rollout.service, status.aborted));
  return abortOver(input, status, withoutCanary(rollout, weights));
}

function undo(input: CommandInput): CommandOutcome {
  const { rollout, weights } = input;
  const status = currentStatus(input) ?? begun(rollout, weights, input);
  return abortOver(input, status, releaseWeights(rollout, 0, weights));
}

function abortOver(input: CommandInput, status: RolloutStatus, without: Weights): CommandOutcome {
  const aborted = { atMs: input.nowMs, by: clipped(input.by), reason: clipped(said(input)) };
  const { status: next, weights, reason } = withdrawn(input, status, without, aborted);
  return write(next, reason, weights);
}

function pause(input: CommandInput, status: RolloutStatus): CommandOutcome {
  const { rollout, nowMs, operation } = input;
  if (status.held) return refused(`the release of ${rollout.service} is held already`);
  const held = { ...status, held: true, operation };
  const reason = `held by ${input.by}`;
  // What it waits for until somebody decides about it stays the more important thing to know.
  if (isLatched(status)) return write(held, reason);
  const { sentence } = heldWait({ ...rollout, paused: false });
  const account = accountOf(status, "Held", nowMs);
  return write({ ...held, ...account, phase: "Paused", message: sentence }, reason);
}

const ending = ({ service }: Rollout, { aborted, phase }: RolloutStatus): string | undefined => {
  if (aborted !== undefined) return `${isAborted(service, aborted)}: \`retry\` begins again`;
  return phase === "Healthy" ? `the release of ${service} is complete` : undefined;
};

function underWay(
  input: CommandInput,
  then: (input: CommandInput, status: RolloutStatus) => CommandOutcome,
): CommandOutcome {
  const { rollout, latched } = input;
  const status = currentStatus(input);
  if (status === undefined) return refused(`the release of ${rollout.service} has not begun`);
  const ended = ending(rollout, status);
  if (ended !== undefined) return refused(ended);
  return latched
    ? refused(`a guard has taken ${rollout.canary} out: \`retry\` begins again`)
    : then(input, status);
}

function resume(input: CommandInput, status: RolloutStatus): CommandOutcome {
  const { rollout, by } = input;
  if (!status.held) {
    return refused(
      rollout.paused
        ? `rollouts/${rollout.service} says \`paused: true\`: take that out`
        : `nobody has said \`pause\`: ${status.message}`,
    );
  }
  const released = { ...status, held: false, operation: input.operation };
  const reason = `let go on by ${by}`;
  return write(isLatched(status) ? released : goingOn(input, released), reason);
}

/** With no wait: the next decision says what there is to wait for. */
const goingOn = (
  { rollout, nowMs, operation }: CommandInput,
  status: RolloutStatus,
): RolloutStatus => ({
  ...status,
  ...accountOf(status, undefined, nowMs),
  phase: "Progressing",
  message: `${stepName(rollout, status.step)} is about to go on`,
  operation,
});

/** Whether `promote` has something to skip: all else that a step waits for are facts. */
function isSkippable({ steps }: Rollout, { step, reachedMs, waits }: RolloutStatus): boolean {
  const kind = steps[step]?.kind;
  const waitsOnPurpose = kind === "pause" || kind === "analysis";
  return (reachedMs !== undefined && waitsOnPurpose) || waits?.for === "Signal";
}

/** A doubt of the background does not end a pause. */
const isAnalysis = ({ steps }: Rollout, { step, reachedMs }: RolloutStatus): boolean =>
  reachedMs !== undefined && steps[step]?.kind === "analysis";

function promote(input: CommandInput, status: RolloutStatus): CommandOutcome {
  const { rollout } = input;
  const reason = `promoted by ${input.by}`;
  if (rollout.paused) return refused(`rollouts/${rollout.service} says \`paused: true\``);
  if (status.waits?.for === "WeightsChanged") return write(accepted(input, status), reason);
  const isDoubted = status.waits?.for === "InconclusiveAnalysisRun";
  const skips = isDoubted ? isAnalysis(rollout, status) : isSkippable(rollout, status);
  if (!status.held && !skips && !isDoubted) {
    return refused(`\`promote\` changes nothing here: ${status.message}`);
  }
  const promoted = skips && status.promoted === "no" ? "step" : status.promoted;
  const next = isDoubted ? judgedAnew(status, input.nowMs) : status;
  return write(goingOn(input, { ...next, held: false, promoted }), reason);
}

/** What was measured until a person decided counts no more. */
const judgedAnew = (status: RolloutStatus, nowMs: number): RolloutStatus => ({
  ...status,
  tallies: new Map(),
  backgroundSinceMs: status.backgroundSinceMs === undefined ? undefined : nowMs,
});

/** Somebody's weights are taken note of, and the step is written over them. */
const accepted = (input: CommandInput, status: RolloutStatus): RolloutStatus =>
  goingOn(input, { ...resumedOver(status, input.weights, input), held: false });

function promoteFull(input: CommandInput, status: RolloutStatus): CommandOutcome {
  const { rollout } = input;
  if (rollout.paused) return refused(`rollouts/${rollout.service} says \`paused: true\``);
  const reason = `promoted in full by ${input.by}`;
  const isChanged = status.waits?.for === "WeightsChanged";
  if (status.promoted === "full" && !status.held && !isLatched(status)) {
    return refused(`the release of ${rollout.service} is promoted in full already`);
  }
  const next = isChanged
    ? accepted(input, status)
    : goingOn(input, judgedAnew(status, input.nowMs));
  return write({ ...next, held: false, promoted: "full" }, reason);
}

function retry(input: CommandInput): CommandOutcome {
  const { rollout, weights, latched } = input;
  const status = currentStatus(input);
  if (status === undefined && !latched) {
    return refused(`the release of ${rollout.service} has not begun`);
  }
  if (status !== undefined && status.aborted === undefined && !isLatched(status) && !latched) {
    return refused(`\`retry\` is for a release that was aborted: ${status.message}`);
  }
  const again = { ...begun(rollout, weights, input), retriedMs: input.nowMs };
  const next = goingOn(input, again);
  return write(next, `begun again by ${input.by}`, undefined, latched);
}
