/**
 * Delivers alerts: a few at a time, each again with back-off until it has arrived or is too old to be
 * of use. An alert that has arrived is not sent again, however often it is offered.
 */
import { limits } from "../../config/limits.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { dropOldest } from "../../lib/drop-oldest.ts";
import { backoffMs } from "../../store/backoff.ts";
import { type DeliverySurroundings, deliver } from "./deliver.ts";
import type { PendingAlert } from "./message.ts";

/** Reasons are sentences without secrets. */
export interface SenderObserver {
  delivered(alert: PendingAlert): void;
  /** It will be tried again. */
  failed(alert: PendingAlert, why: string, attempt: number): void;
  givenUp(alert: PendingAlert, why: string): void;
}

export interface SenderOptions extends DeliverySurroundings {
  readonly observer: SenderObserver;
  readonly random?: () => number;
  /** Asked before another attempt; if not, the alert is left to others, and may be offered again. */
  readonly mayGoOn?: () => boolean;
}

/** `full`: to be offered again later. */
export type Offered = "taken" | "underWay" | "delivered" | "full";

interface Task {
  readonly alert: PendingAlert;
  /** Attempts that have failed. */
  readonly failures: number;
}

export class AlertSender {
  readonly #options: SenderOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<string>();
  readonly #delivered = new Set<string>();
  readonly #ready: Task[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #cancels = new Set<() => void>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  offer(alert: PendingAlert): Offered {
    if (this.#delivered.has(alert.id)) return "delivered";
    if (this.#underWay.has(alert.id)) return "underWay";
    if (this.#underWay.size >= limits.alerts.queued || this.#stop.signal.aborted) return "full";
    this.#underWay.add(alert.id);
    this.#ready.push({ alert, failures: 0 });
    this.#pump();
    return "taken";
  }

  /** Ends attempts under way; what has not arrived is told to nobody. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const cancel of this.#cancels) cancel();
    this.#ready.length = 0;
    await Promise.all(this.#running);
  }

  #pump(): void {
    while (this.#running.size < limits.alerts.concurrent) {
      const task = this.#ready.shift();
      if (task === undefined) return;
      const attempt = this.#attempt(task).finally(() => {
        this.#running.delete(attempt);
        this.#pump();
      });
      this.#running.add(attempt);
    }
  }

  async #attempt({ alert, failures }: Task): Promise<void> {
    const { observer } = this.#options;
    const why = await deliver(alert, this.#options, this.#stop.signal);
    if (why === undefined) {
      this.#underWay.delete(alert.id);
      this.#delivered.add(alert.id);
      dropOldest(this.#delivered, limits.alerts.remembered);
      observer.delivered(alert);
      return;
    }
    if (this.#stop.signal.aborted) return;
    if (this.#clock.wallMs() - alert.atMs > limits.alerts.giveUpMs) {
      this.#underWay.delete(alert.id);
      observer.givenUp(alert, why);
      return;
    }
    observer.failed(alert, why, failures + 1);
    this.#again({ alert, failures: failures + 1 });
  }

  #again(task: Task): void {
    const random = (this.#options.random ?? Math.random)();
    const cancel = this.#clock.after(backoffMs(task.failures, limits.alerts, random), () => {
      this.#cancels.delete(cancel);
      if (this.#options.mayGoOn?.() === false) {
        this.#underWay.delete(task.alert.id);
        return;
      }
      this.#ready.push(task);
      this.#pump();
    });
    this.#cancels.add(cancel);
  }
}
