/**
 * What the step under way needs next: an act, an answer, or time. A step is entered, written where it
 * writes anything, reached when the proxies have acknowledged that, and left when what it asks for has
 * come about. Whether the release may go on at all is decided before (decide.ts).
 */
import type { RolloutWebhook } from "../../model/rollout.ts";
import type { RolloutStatus } from "../../model/rollout-status.ts";
import { unfinishedMetrics } from "./analysis-outcome.ts";
import type { DecideInput } from "./decision.ts";
import { type Ask, answered, type GateState, gateState, unasked } from "./gates.ts";
import { isPromotion, plannedPercent } from "./plan.ts";
import { isSameShare, shareOf } from "./shares.ts";
import {
  acknowledgementWait,
  analysisWait,
  gateWait,
  heldWait,
  pauseWait,
  signalWait,
  type Wait,
  windowWait,
} from "./wait.ts";

export type Progress =
  | { readonly kind: "wait"; readonly wait: Wait }
  | { readonly kind: "ask"; readonly asks: readonly Ask[] }
  /** A webhook that tests the canary has refused. */
  | { readonly kind: "fail"; readonly by: string; readonly reason: string }
  | { readonly kind: "write" }
  | { readonly kind: "reach" }
  /** On to the next step. */
  | { readonly kind: "leave" }
  | { readonly kind: "complete" };

const waiting = (wait: Wait): Progress => ({ kind: "wait", wait });

type Check = () => Progress | undefined;

/** What the first of them finds. */
function first(checks: readonly Check[], otherwise: Progress): Progress {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return otherwise;
}

export function progressOf(input: DecideInput, status: RolloutStatus): Progress {
  if (status.writtenRevision === undefined) return toWrite(input, status);
  if (status.reachedMs === undefined) {
    const wait = acknowledgementWait(input.rollout, status, input.acked);
    return wait === undefined ? { kind: "reach" } : waiting(wait);
  }
  return isPromotion(input.rollout, status.step)
    ? toComplete(input, status)
    : toLeave(input, status, status.reachedMs);
}

const held = ({ rollout }: DecideInput, status: RolloutStatus): Progress | undefined =>
  status.held || rollout.paused ? waiting(heldWait(rollout)) : undefined;

const closed = (input: DecideInput, status: RolloutStatus): Progress | undefined =>
  input.window.open ? undefined : waiting(windowWait(input, status));

/** A person who says `promote` has judged the canary himself; without traffic there is nothing to judge. */
const unjudged = (input: DecideInput, status: RolloutStatus): Progress | undefined =>
  input.blind.length === 0 || status.canaryPercent === 0 || status.promoted !== "no"
    ? undefined
    : waiting(signalWait(input, status));

function toWrite(input: DecideInput, status: RolloutStatus): Progress {
  const { rollout, acked } = input;
  return first(
    [
      () => held(input, status),
      () => unjudged(input, status),
      () => closed(input, status),
      () => {
        // Nothing is written yet that a proxy could be behind with, but somebody must be there.
        if (acked.kind !== "none") return undefined;
        const wait = acknowledgementWait(rollout, status, acked);
        return wait === undefined ? undefined : waiting(wait);
      },
      () => behindGates(input, status, gateState(input, status, gatesBefore(input, status))),
    ],
    { kind: "write" },
  );
}

/** Types of the gates before a write, in the order in which they are asked. */
function gatesBefore(
  { rollout, weights }: DecideInput,
  { step }: RolloutStatus,
): readonly RolloutWebhook["type"][] {
  const share = shareOf(weights, rollout.canary);
  const percent = plannedPercent(rollout, step);
  const isIncrease = percent > share && !isSameShare(percent, share);
  return [
    ...(step === 0 ? (["confirm-rollout", "pre-rollout"] as const) : []),
    ...(isIncrease ? (["confirm-traffic-increase"] as const) : []),
    ...(isIncrease && percent === 100 ? (["confirm-promotion"] as const) : []),
  ];
}

/** Those that test the canary fail the release by a refusal; the others are asked again. */
const tests: ReadonlySet<RolloutWebhook["type"]> = new Set(["pre-rollout", "rollout"]);

function behindGates(
  { rollout }: DecideInput,
  status: RolloutStatus,
  gates: GateState,
): Progress | undefined {
  if (gates.kind === "passed") return undefined;
  if (gates.kind === "ask") return gates;
  const { webhook, answer } = gates;
  if (answer === "refused" && tests.has(webhook.type)) {
    return { kind: "fail", by: `webhook ${webhook.name}`, reason: `${webhook.type} has refused` };
  }
  return waiting(gateWait(rollout, status, gates));
}

function toLeave(input: DecideInput, status: RolloutStatus, reachedMs: number): Progress {
  const { rollout, acked } = input;
  return first(
    [
      () => held(input, status),
      () => ownWait(input, status, reachedMs),
      () => unjudged(input, status),
      () => closed(input, status),
      () => {
        // Proxies that have come since count as well.
        const wait = acknowledgementWait(rollout, status, acked);
        return wait === undefined ? undefined : waiting(wait);
      },
    ],
    { kind: "leave" },
  );
}

/** What the step is there for. */
function ownWait(
  input: DecideInput,
  status: RolloutStatus,
  reachedMs: number,
): Progress | undefined {
  const { rollout, nowMs } = input;
  const step = rollout.steps[status.step];
  switch (step?.kind) {
    case "pause": {
      if (status.promoted !== "no") return undefined;
      if (step.durationMs === undefined) return waiting(pauseWait(rollout, status, undefined));
      const untilMs = reachedMs + step.durationMs;
      return nowMs < untilMs ? waiting(pauseWait(rollout, status, untilMs)) : undefined;
    }
    case "analysis": {
      const unfinished = status.promoted === "no" ? unfinishedMetrics(input, step.metrics) : [];
      if (unfinished.length === 0) return undefined;
      return waiting(analysisWait(rollout, status, unfinished));
    }
    default:
      return behindGates(input, status, gateState(input, status, ["rollout"]));
  }
}

/** Whatever the last webhooks answer, all traffic is with the canary already. */
function toComplete(input: DecideInput, status: RolloutStatus): Progress {
  return lastWebhooks(input, status) ?? { kind: "complete" };
}

/** `post-rollout`, after a promotion as after a rollback: asked once, and no gate. */
export function lastWebhooks(input: DecideInput, status: RolloutStatus): Progress | undefined {
  const asks = unasked(input, status, "post-rollout");
  if (asks.length > 0) return { kind: "ask", asks };
  const webhook = answered(input, status, "post-rollout", "waiting");
  if (webhook === undefined) return undefined;
  return waiting(gateWait(input.rollout, status, { webhook, answer: "waiting" }));
}
