/**
 * Lets probes begin, so many at the same time and in a second. Services have their turns one after
 * another, and the probes of each in the order in which they are due: no service waits for the many
 * instances of another one, and, since whoever has most of the places gets no more of them, for none that hang.
 */
import type { Clock } from "../../lib/clock.ts";

export interface TurnBounds {
  readonly concurrent: number;
  readonly perSecond: number;
  /** One service may have so many times the places that are free. */
  readonly shareOfFree: number;
}

/** What has been saved up is spent at once: as much as comes in this time, ms. */
const burstMs = 100;

type Work = () => Promise<unknown>;

export class Turns {
  readonly #clock: Clock;
  readonly #bounds: TurnBounds;
  /** By service; the one whose turn is next comes first. Those without work are not among them. */
  readonly #queues = new Map<string, Set<Work>>();
  readonly #running = new Map<string, number>();
  #allRunning = 0;
  #saved: number;
  #savedAtMs: number;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, bounds: TurnBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#saved = this.#most;
    this.#savedAtMs = clock.monotonicMs();
  }

  /** `work` must not reject. What is returned takes it back while it has not begun. */
  take(service: string, work: Work): () => void {
    const queue = this.#queues.get(service) ?? new Set();
    this.#queues.set(service, queue.add(work));
    this.#pump();
    return () => {
      queue.delete(work);
      if (queue.size === 0 && this.#queues.get(service) === queue) this.#queues.delete(service);
      if (this.#queues.size === 0) this.#rest();
    };
  }

  get #most(): number {
    return Math.max(1, (this.#bounds.perSecond * burstMs) / 1_000);
  }

  #pump(): void {
    this.#save();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (this.#saved < 1) {
        this.#wait();
        return;
      }
      this.#saved -= 1;
      this.#begin(...next);
    }
  }

  /** Of the first service that may have one more place. */
  #next(): readonly [service: string, work: Work] | undefined {
    const free = this.#bounds.concurrent - this.#allRunning;
    if (free <= 0) return undefined;
    const most = Math.max(1, free * this.#bounds.shareOfFree);
    for (const [service, [work]] of this.#queues) {
      if (work !== undefined && (this.#running.get(service) ?? 0) < most) return [service, work];
    }
    return undefined;
  }

  #begin(service: string, work: Work): void {
    const queue = this.#queues.get(service);
    queue?.delete(work);
    this.#queues.delete(service);
    if (queue !== undefined && queue.size > 0) this.#queues.set(service, queue);
    this.#count(service, 1);
    void work().finally(() => {
      this.#count(service, -1);
      this.#pump();
    });
  }

  #count(service: string, change: 1 | -1): void {
    this.#allRunning += change;
    const running = (this.#running.get(service) ?? 0) + change;
    if (running === 0) this.#running.delete(service);
    else this.#running.set(service, running);
  }

  #save(): void {
    const nowMs = this.#clock.monotonicMs();
    const earned = ((nowMs - this.#savedAtMs) * this.#bounds.perSecond) / 1_000;
    this.#savedAtMs = nowMs;
    this.#saved = Math.min(this.#most, this.#saved + earned);
  }

  #wait(): void {
    if (this.#cancel !== undefined) return;
    const ms = Math.ceil(((1 - this.#saved) * 1_000) / this.#bounds.perSecond);
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      this.#pump();
    });
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
