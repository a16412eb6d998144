/**
 * Turns of the event loop, and how much of one the requests of all calls have taken. When many
 * proxies come at once, those beyond the time of a turn wait in the order in which they came, and
 * all else goes on between turns: pushes of changes, probes, the sockets.
 */
import type { Clock } from "../../lib/clock.ts";

export class Turns {
  readonly #clock: Clock;
  readonly #turnMs: number;
  #number = 0;
  #spentMs = 0;
  #scheduled = false;
  /** At most one task of each call is in it. */
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, turnMs: number) {
    this.#clock = clock;
    this.#turnMs = turnMs;
  }

  /** Another number in each turn in which it is asked for. */
  get number(): number {
    this.#schedule();
    return this.#number;
  }

  /** Whether the time of this turn is over. */
  get over(): boolean {
    return this.#spentMs >= this.#turnMs;
  }

  /** Does a part of this turn's work. */
  spend(work: () => void): void {
    const startMs = this.#clock.monotonicMs();
    work();
    this.#spentMs += this.#clock.monotonicMs() - startMs;
  }

  /** Runs `task` in a later turn, after those that wait already. */
  later(task: () => void): void {
    this.#waiting.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#number += 1;
      this.#spentMs = 0;
      this.#runWaiting();
    });
  }

  #runWaiting(): void {
    const due = this.#waiting;
    this.#waiting = [];
    let done = 0;
    for (const task of due) {
      if (this.over) break;
      task();
      done += 1;
    }
    if (done < due.length) this.#waiting = [...due.slice(done), ...this.#waiting];
    if (this.#waiting.length > 0) this.#schedule();
  }
}
