/**
 * Webhooks of releases, asked with Flagger's words: a POST that answers 2xx agrees. Bounded in time, no
 * redirects. Answers live here and nowhere else: another controller asks anew.
 * https://docs.flagger.app/usage/webhooks
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import { UnderWay } from "../lib/under-way.ts";
import type { Rollout, RolloutWebhook } from "../model/rollout.ts";
import type { RolloutStatus } from "../model/rollout-status.ts";
import type { RolloutEvent } from "./release/decision.ts";
import type { Ask, GateAnswer } from "./release/gates.ts";

export interface GateOptions {
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  /** There is an answer, or a question may be put again. */
  readonly onAnswer: () => void;
}

/** What a webhook is told of the release that asks. */
export interface GateQuestion {
  /** The service. */
  readonly name: string;
  readonly type: RolloutWebhook["type"];
  readonly phase: RolloutStatus["phase"];
  readonly stable: string;
  readonly canary: string;
  /** Counted from 0; the number of steps at the promotion. */
  readonly step: number;
  readonly canaryPercent: number;
  /** Of another release it is another one. */
  readonly checksum: string;
  /** Of the type `event` only. */
  readonly event?: RolloutEvent;
  readonly message?: string;
}

export class ReleaseGates {
  readonly #options: GateOptions;
  /** By service, and key of the question. */
  readonly #answers = new Map<string, Map<string, GateAnswer>>();
  readonly #stop = new AbortController();
  readonly #underWay = new UnderWay();
  readonly #cancels = new Set<() => void>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  answers(service: string): ReadonlyMap<string, GateAnswer> {
    return this.#answers.get(service) ?? new Map();
  }

  ask(rollout: Rollout, status: RolloutStatus, asks: readonly Ask[]): void {
    for (const { webhook, key } of asks) {
      this.#set(rollout.service, key, "waiting");
      this.#underWay.add(
        this.#post(webhook, questionOf(webhook, rollout, status)).then((answer) =>
          this.#answered(rollout.service, key, answer),
        ),
      );
    }
  }

  /** Webhooks of the type `event` hear what has happened; their answers mean nothing. */
  tell(rollout: Rollout, status: RolloutStatus, event: RolloutEvent): void {
    const { message } = status;
    for (const webhook of rollout.webhooks) {
      if (webhook.type !== "event") continue;
      const question = { ...questionOf(webhook, rollout, status), event, message };
      this.#underWay.add(this.#post(webhook, question).then(() => undefined));
    }
  }

  /** All but these services: their releases are gone. */
  keep(services: ReadonlySet<string>): void {
    for (const service of this.#answers.keys()) {
      if (!services.has(service)) this.#answers.delete(service);
    }
  }

  /** Another replica leads: what was answered to this one may be old when it leads again. */
  forget(): void {
    this.#answers.clear();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const cancel of this.#cancels) cancel();
    await this.#underWay.ended();
  }

  #answered(service: string, key: string, answer: GateAnswer): void {
    if (this.#stop.signal.aborted) return;
    // It was forgotten meanwhile.
    if (this.#answers.get(service)?.get(key) !== "waiting") return;
    this.#set(service, key, answer);
    if (answer !== "passed") this.#forgetLater(service, key, answer);
    this.#options.onAnswer();
  }

  #forgetLater(service: string, key: string, answer: GateAnswer): void {
    const { clock, onAnswer } = this.#options;
    const cancel = clock.after(limits.rollout.askAgainMs, () => {
      this.#cancels.delete(cancel);
      const answers = this.#answers.get(service);
      if (answers?.get(key) !== answer) return;
      answers.delete(key);
      onAnswer();
    });
    this.#cancels.add(cancel);
  }

  #set(service: string, key: string, answer: GateAnswer): void {
    const answers = this.#answers.get(service) ?? new Map<string, GateAnswer>();
    this.#answers.set(service, answers);
    answers.delete(key);
    answers.set(key, answer);
    dropOldest(answers, limits.rollout.gateAnswers);
  }

  async #post(
    { url, timeoutMs }: RolloutWebhook,
    question: GateQuestion,
  ): Promise<"passed" | "refused" | "failed"> {
    const { clock, fetch: post = fetch } = this.#options;
    const overdue = new AbortController();
    const cancel = clock.after(timeoutMs, () => overdue.abort());
    try {
      const response = await post(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(question),
        // Whom the operator named is asked, and nobody whom they name.
        redirect: "manual",
        signal: AbortSignal.any([this.#stop.signal, overdue.signal]),
      });
      await response.body?.cancel();
      return response.ok ? "passed" : "refused";
    } catch {
      return "failed";
    } finally {
      cancel();
    }
  }
}

const questionOf = (
  { type }: RolloutWebhook,
  { service, stable, canary, specHash }: Rollout,
  { phase, step, canaryPercent }: RolloutStatus,
): GateQuestion => ({
  name: service,
  type,
  phase,
  stable,
  canary,
  step,
  canaryPercent,
  checksum: specHash,
});
