/**
 * Alerts that wait for one receiver, told by its URL. They go one at a time, and after a failure all of
 * them wait, so that a receiver that is dead takes no more of others' time than one attempt.
 */
import { limits } from "../../config/limits.ts";
import type { PendingAlert } from "./message.ts";

export interface Task {
  readonly alert: PendingAlert;
  /** Attempts that have failed. */
  readonly failures: number;
}

export class Receiver {
  readonly url: string;
  readonly #waiting: Task[] = [];
  /** Attempts in a row that have failed, of whatever alert. */
  failures = 0;

  constructor(url: string) {
    this.url = url;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** One that takes what it gets has time for the rest; one that fails may never have. */
  get isFull(): boolean {
    return this.failures === 0 && this.#waiting.length >= limits.alerts.queuedPerReceiver;
  }

  /** What has no room then: the oldest of the least severe ones. */
  add(task: Task): PendingAlert | undefined {
    this.#waiting.push(task);
    if (this.#waiting.length <= limits.alerts.queuedPerReceiver) return undefined;
    const least = this.#waiting.reduce((one, other) => (mattersMore(one, other) ? other : one));
    this.#waiting.splice(this.#waiting.indexOf(least), 1);
    return least.alert;
  }

  /** One that has failed was added again, behind the others: what is wrong may be the alert. */
  take(): Task | undefined {
    return this.#waiting.shift();
  }

  /** Leaves all of them to others. */
  clear(): readonly Task[] {
    return this.#waiting.splice(0);
  }
}

const ranks: Readonly<Record<PendingAlert["severity"], number>> = { info: 0, warn: 1, error: 2 };

function mattersMore({ alert: one }: Task, { alert: other }: Task): boolean {
  return one.severity === other.severity
    ? one.atMs > other.atMs
    : ranks[one.severity] > ranks[other.severity];
}
