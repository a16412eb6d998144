/** Lets probes begin in the order in which they are due, so many at the same time and in a second. */
import type { Clock } from "../../lib/clock.ts";

export interface TurnBounds {
  readonly concurrent: number;
  readonly perSecond: number;
}

/** What has been saved up is spent at once: as much as comes in this time, ms. */
const burstMs = 100;

export class Turns {
  readonly #clock: Clock;
  readonly #bounds: TurnBounds;
  readonly #queue = new Set<() => Promise<unknown>>();
  #running = 0;
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
  take(work: () => Promise<unknown>): () => void {
    this.#queue.add(work);
    this.#pump();
    return () => {
      this.#queue.delete(work);
      if (this.#queue.size === 0) this.#rest();
    };
  }

  get #most(): number {
    return Math.max(1, (this.#bounds.perSecond * burstMs) / 1_000);
  }

  #pump(): void {
    this.#save();
    for (const work of this.#queue) {
      if (this.#running >= this.#bounds.concurrent) return;
      if (this.#saved < 1) {
        this.#wait();
        return;
      }
      this.#saved -= 1;
      this.#running += 1;
      this.#queue.delete(work);
      void work().finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
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
