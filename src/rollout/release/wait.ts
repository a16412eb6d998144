/**
 * What a release waits for, in one sentence, and when that is too long. Sentences are kept in the
 * status and change only with the reason; what changes by the second is told beside them.
 */
import type { Rollout } from "../../model/rollout.ts";
import type { RolloutPhase, RolloutStatus, WaitReason } from "../../model/rollout-status.ts";
import type { Outcome } from "./analysis-outcome.ts";
import type { Acknowledgement, DecideInput } from "./decision.ts";
import { plannedLengthMs, stepName } from "./plan.ts";
import { othersOf, weightsText } from "./shares.ts";
import { namesText, timeText } from "./words.ts";

export interface Wait {
  readonly for: WaitReason;
  readonly sentence: string;
  /** More of it, as of now; may be empty. */
  readonly detail: string;
  /** When it ends by itself; undefined: when something happens. */
  readonly untilMs: number | undefined;
}

/** Waits that somebody wants: they do not count towards the progress deadline. */
const onPurpose: ReadonlySet<WaitReason> = new Set([
  "Gate",
  "Window",
  "CanaryPauseStep",
  "Held",
  "InconclusiveAnalysisRun",
  "WeightsChanged",
]);

const paused: ReadonlySet<WaitReason> = new Set([
  "CanaryPauseStep",
  "Held",
  "InconclusiveAnalysisRun",
  "WeightsChanged",
]);

export const phaseOf = (reason: WaitReason): RolloutPhase =>
  paused.has(reason) ? "Paused" : "Progressing";

/** Waits that end by a person's word alone. */
export const isLatched = ({ waits }: RolloutStatus): boolean =>
  waits?.for === "InconclusiveAnalysisRun" || waits?.for === "WeightsChanged";

/** Complete, or rolled back to the last proxy: it waits for nobody. */
export const isEnded = ({ phase, aborted, reachedMs }: RolloutStatus): boolean =>
  phase === "Healthy" || (aborted !== undefined && reachedMs !== undefined);

const wait = (reason: WaitReason, sentence: string, more: Partial<Wait> = {}): Wait => ({
  for: reason,
  sentence,
  detail: more.detail ?? "",
  untilMs: more.untilMs,
});

/** For the proxies; undefined: they have all acknowledged. */
export function acknowledgementWait(
  rollout: Rollout,
  { step }: RolloutStatus,
  acked: Acknowledgement,
): Wait | undefined {
  const name = stepName(rollout, step);
  switch (acked.kind) {
    case "applied":
      return undefined;
    case "pending":
      return wait("Acknowledgement", `${name} waits for the proxies to acknowledge it`, {
        detail: acked.behind.length === 0 ? "" : `behind: ${namesText(acked.behind)}`,
      });
    case "rejected":
      return wait("Rejected", `${name} was rejected by ${namesText([...acked.by].sort())}`);
    case "none":
      return wait("NoProxies", `${name} waits for a proxy: none is connected`);
  }
}

/** After an abort; undefined: the proxies have all acknowledged it. */
export function rollbackWait(acked: Acknowledgement): string | undefined {
  switch (acked.kind) {
    case "applied":
      return undefined;
    case "pending": {
      const behind = acked.behind.length === 0 ? "" : `: ${namesText(acked.behind)}`;
      return `proxies have yet to acknowledge it${behind}`;
    }
    case "rejected":
      return `rejected by ${namesText([...acked.by].sort())}`;
    case "none":
      return "no proxy is connected";
  }
}

export const heldWait = ({ service, paused }: Rollout): Wait =>
  wait(
    "Held",
    paused
      ? `held by \`paused: true\` in rollouts/${service}`
      : `held by \`pause\`: \`serin rollout resume ${service}\` goes on`,
  );

export const windowWait = ({ rollout, window }: DecideInput, { step }: RolloutStatus): Wait =>
  wait("Window", `${stepName(rollout, step)} waits for a window that lets the release go on`, {
    detail: window.untilMs === undefined ? "none is known" : `at ${timeText(window.untilMs)}`,
    untilMs: window.untilMs,
  });

export const signalWait = ({ rollout, blind }: DecideInput, { step }: RolloutStatus): Wait =>
  wait("Signal", `${stepName(rollout, step)} waits until ${rollout.canary} can be judged`, {
    detail: blind.join("; "),
  });

export const analysisWait = (
  rollout: Rollout,
  { step }: RolloutStatus,
  metrics: readonly string[],
): Wait => wait("Analysis", `${stepName(rollout, step)} waits for ${namesText(metrics)}`);

export function pauseWait(
  rollout: Rollout,
  { step }: RolloutStatus,
  untilMs: number | undefined,
): Wait {
  const name = stepName(rollout, step);
  return untilMs === undefined
    ? wait(
        "CanaryPauseStep",
        `${name} waits for somebody to say \`serin rollout promote ${rollout.service}\``,
      )
    : wait("CanaryPauseStep", `${name} lasts until ${timeText(untilMs)}`, { untilMs });
}

export function gateWait(
  rollout: Rollout,
  { step }: RolloutStatus,
  { webhook, answer }: { webhook: { name: string; type: string }; answer: string },
): Wait {
  const gate = `the ${webhook.type} webhook ${webhook.name}`;
  const name = stepName(rollout, step);
  if (answer === "failed") return wait("GateFailed", `${name} waits for ${gate}, which fails`);
  return wait("Gate", `${name} waits for ${gate}`, {
    detail: answer === "refused" ? "it has refused, and will be asked again" : "",
  });
}

export const inconclusiveWait = (rollout: Rollout, { metric, verdict, evidence }: Outcome): Wait =>
  wait(
    "InconclusiveAnalysisRun",
    `the analysis ${metric} ${verdict === "error" ? "cannot be made" : "is inconclusive"} ` +
      `(${evidence}): \`promote\` goes on, ` +
      `\`retry\` begins again, \`abort\` takes ${rollout.canary} out`,
  );

/** Who and what was found instead of the release's own weights. */
export function weightsWait(
  { rollout, weights, weightsBy }: DecideInput,
  { weights: own }: RolloutStatus,
): Wait {
  const who = weightsBy ?? "somebody else";
  return wait(
    "WeightsChanged",
    `weights/${rollout.service} was changed by ${who}: ${weightsText(weights)} instead of ` +
      `${weightsText(own)}; \`promote\` goes on from the plan, \`retry\` begins again`,
  );
}

/** A release begins, and finds traffic that it would have to take from subsets that it does not know. */
export const othersWait = ({ rollout, weights }: DecideInput): Wait =>
  wait(
    "WeightsChanged",
    `weights/${rollout.service} gives traffic to ${namesText(othersOf(rollout, weights))}, which ` +
      `the release would take away (${weightsText(weights)}): \`promote\` goes on with that`,
  );

/** The status's account of its waits, brought up to a new wait, or to none. */
export function accountOf(
  { waits, idleMs }: RolloutStatus,
  next: WaitReason | undefined,
  nowMs: number,
): Pick<RolloutStatus, "waits" | "idleMs"> {
  if (waits !== undefined && waits.for === next) return { waits, idleMs };
  return {
    waits: next === undefined ? undefined : { for: next, sinceMs: nowMs },
    idleMs: idleMs + idleNowMs(waits, nowMs),
  };
}

const idleNowMs = (waits: RolloutStatus["waits"], nowMs: number): number =>
  waits !== undefined && onPurpose.has(waits.for) ? Math.max(0, nowMs - waits.sinceMs) : 0;

/** When the step is late if it goes on to wait like this; undefined: such a wait is never late. */
export function deadlineMs(
  rollout: Rollout,
  status: RolloutStatus,
  reason: WaitReason,
  nowMs: number,
): number | undefined {
  if (onPurpose.has(reason)) return undefined;
  const idleMs = status.idleMs + idleNowMs(status.waits, nowMs);
  const allowedMs = rollout.progressDeadlineMs + plannedLengthMs(rollout, status.step);
  return status.stepStartedMs + idleMs + allowedMs;
}
