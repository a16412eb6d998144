/**
 * Delivers alerts: a few at a time and one for each receiver, each again with back-off until it has
 * arrived or is too old to be of use. An alert that has arrived is not sent again, however often it is
 * offered. What is bounded is bounded for each receiver, so that a dead one keeps nothing from others.
 */
import { limits } from "../../config/limits.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { dropOldest } from "../../lib/drop-oldest.ts";
import { backoffMs } from "../../store/backoff.ts";
import { type DeliverySurroundings, deliver } from "./deliver.ts";
import type { PendingAlert } from "./message.ts";
import { Receiver, type Task } from "./receiver.ts";

/** Reasons are sentences without secrets. */
export interface SenderObserver {
  delivered(alert: PendingAlert): void;
  /** It will be tried again. */
  failed(alert: PendingAlert, why: string, attempt: number): void;
  givenUp(alert: PendingAlert, why: string): void;
  /** More wait for its receiver than may; it is not tried again. */
  dropped(alert: PendingAlert): void;
}

export interface SenderOptions extends DeliverySurroundings {
  readonly observer: SenderObserver;
  readonly random?: () => number;
  /** Asked before each attempt; if not, alerts are left to others, and may be offered again. */
  readonly mayGoOn?: () => boolean;
}

/**
 * `full`: to be offered again when others are settled. `settled`: it has arrived, or was let go; what is
 * taken may be dropped at once.
 */
export type Offered = "taken" | "underWay" | "settled" | "full";

const { concurrent, concurrentFailing } = limits.alerts;

export class AlertSender {
  readonly #options: SenderOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<string>();
  readonly #settled = new Set<string>();
  /** By URL; those for which something waits or is under way. */
  readonly #receivers = new Map<string, Receiver>();
  /** In the order of their turns: those that took what they got last, or are new ... */
  readonly #ready: Receiver[] = [];
  /** ... and those that did not. */
  readonly #failing: Receiver[] = [];
  readonly #running = new Set<Promise<void>>();
  #runningFailing = 0;
  readonly #cancels = new Set<() => void>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  offer(alert: PendingAlert): Offered {
    if (this.#settled.has(alert.id)) return "settled";
    if (this.#underWay.has(alert.id)) return "underWay";
    const { url } = alert.webhook;
    const known = this.#receivers.get(url);
    const isFull = known?.isFull ?? this.#receivers.size >= limits.alerts.receivers;
    if (isFull || this.#stop.signal.aborted) return "full";
    const receiver = known ?? new Receiver(url);
    this.#receivers.set(url, receiver);
    this.#underWay.add(alert.id);
    this.#add(receiver, { alert, failures: 0 });
    if (known === undefined) this.#line(receiver, this.#ready);
    return "taken";
  }

  /** Ends attempts under way; what has not arrived is told to nobody. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const cancel of this.#cancels) cancel();
    await Promise.all(this.#running);
  }

  #add(receiver: Receiver, task: Task): void {
    const dropped = receiver.add(task);
    if (dropped === undefined) return;
    this.#settle(dropped);
    this.#options.observer.dropped(dropped);
  }

  /** Nothing more comes of it, also where the store still has it for a while. */
  #settle({ id }: PendingAlert): void {
    this.#underWay.delete(id);
    this.#settled.add(id);
    dropOldest(this.#settled, limits.alerts.remembered);
  }

  #line(receiver: Receiver, line: Receiver[]): void {
    line.push(receiver);
    this.#pump();
  }

  #pump(): void {
    while (!this.#stop.signal.aborted && this.#running.size < concurrent) {
      const receiver = this.#next();
      if (receiver === undefined) return;
      if (this.#options.mayGoOn?.() === false) this.#letGo(receiver);
      else this.#start(receiver);
    }
  }

  /** However many receivers fail, there is room for the others. */
  #next(): Receiver | undefined {
    const mayFail = this.#runningFailing < concurrentFailing;
    return this.#ready.shift() ?? (mayFail ? this.#failing.shift() : undefined);
  }

  #letGo(receiver: Receiver): void {
    for (const { alert } of receiver.clear()) this.#underWay.delete(alert.id);
    this.#receivers.delete(receiver.url);
  }

  #start(receiver: Receiver): void {
    const task = receiver.take();
    if (task === undefined) {
      this.#letGo(receiver);
      return;
    }
    const share = receiver.failures > 0 ? 1 : 0;
    this.#runningFailing += share;
    const attempt = this.#attempt(task).then((hasFailed) => {
      this.#running.delete(attempt);
      this.#runningFailing -= share;
      receiver.failures = hasFailed ? receiver.failures + 1 : 0;
      this.#after(receiver, task);
      this.#pump();
    });
    this.#running.add(attempt);
  }

  /** Whether it has failed. */
  async #attempt({ alert, failures }: Task): Promise<boolean> {
    const { observer } = this.#options;
    const why = await deliver(alert, this.#options, this.#stop.signal);
    if (why === undefined) {
      this.#settle(alert);
      observer.delivered(alert);
      return false;
    }
    if (this.#stop.signal.aborted) return true;
    if (this.#clock.wallMs() - alert.atMs > limits.alerts.giveUpMs) {
      this.#settle(alert);
      observer.givenUp(alert, why);
    } else observer.failed(alert, why, failures + 1);
    return true;
  }

  #after(receiver: Receiver, { alert, failures }: Task): void {
    if (this.#stop.signal.aborted) return;
    if (this.#underWay.has(alert.id)) this.#add(receiver, { alert, failures: failures + 1 });
    if (receiver.isEmpty) this.#letGo(receiver);
    else if (receiver.failures === 0) this.#line(receiver, this.#ready);
    else this.#rest(receiver);
  }

  #rest(receiver: Receiver): void {
    const random = (this.#options.random ?? Math.random)();
    const cancel = this.#clock.after(backoffMs(receiver.failures, limits.alerts, random), () => {
      this.#cancels.delete(cancel);
      this.#line(receiver, this.#failing);
    });
    this.#cancels.add(cancel);
  }
}
