/**
 * Webhooks as gates, with Flagger's types. A gate is asked once for each step that it stands before, and
 * again after a refusal: whoever asks forgets a refusal, or a failure, after a while, and so makes it
 * unasked. Answers live in memory: another controller asks anew.
 * https://docs.flagger.app/usage/webhooks
 */
import type { RolloutWebhook } from "../../model/rollout.ts";
import type { RolloutStatus } from "../../model/rollout-status.ts";
import type { DecideInput } from "./decision.ts";

export type GateAnswer =
  | "unasked"
  | "waiting"
  /** 2xx */
  | "passed"
  /** It answered with another status. */
  | "refused"
  /** It cannot be reached, or does not answer in time. */
  | "failed";

/** A question, and the key of its answer. */
export interface Ask {
  readonly webhook: RolloutWebhook;
  readonly key: string;
}

/** The first gate that is not passed. */
export type GateState =
  | { readonly kind: "passed" }
  | { readonly kind: "ask"; readonly asks: readonly Ask[] }
  | {
      readonly kind: "closed";
      readonly webhook: RolloutWebhook;
      readonly answer: "waiting" | "refused" | "failed";
    };

/** An answer is good for one step of one attempt, and for one rollback. */
function askOf(webhook: RolloutWebhook, status: RolloutStatus): Ask {
  const { specHash, step, stepStartedMs, aborted } = status;
  const occasion = aborted === undefined ? `${step}@${stepStartedMs}` : `aborted@${aborted.atMs}`;
  return { webhook, key: `${specHash}/${occasion}/${webhook.type}/${webhook.name}` };
}

const answerTo = ({ gates }: DecideInput, { key }: Ask): GateAnswer => gates.get(key) ?? "unasked";

/** Those of one type that are still to be asked. */
export const unasked = (
  input: DecideInput,
  status: RolloutStatus,
  type: RolloutWebhook["type"],
): readonly Ask[] =>
  asksOf(input, status, type).filter((ask) => answerTo(input, ask) === "unasked");

/** A webhook of the type that has given this answer. */
export const answered = (
  input: DecideInput,
  status: RolloutStatus,
  type: RolloutWebhook["type"],
  answer: GateAnswer,
): RolloutWebhook | undefined =>
  asksOf(input, status, type).find((ask) => answerTo(input, ask) === answer)?.webhook;

function asksOf(
  { rollout }: DecideInput,
  status: RolloutStatus,
  type: RolloutWebhook["type"],
): readonly Ask[] {
  return rollout.webhooks
    .filter((webhook) => webhook.type === type)
    .map((webhook) => askOf(webhook, status));
}

/** Type by type: nobody is asked before those in front have agreed. */
export function gateState(
  input: DecideInput,
  status: RolloutStatus,
  types: readonly RolloutWebhook["type"][],
): GateState {
  for (const type of types) {
    const asks = unasked(input, status, type);
    if (asks.length > 0) return { kind: "ask", asks };
    for (const answer of ["refused", "failed", "waiting"] as const) {
      const webhook = answered(input, status, type, answer);
      if (webhook !== undefined) return { kind: "closed", webhook, answer };
    }
  }
  return { kind: "passed" };
}
