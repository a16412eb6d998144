/**
 * Long work in turns of the event loop, one after the other: after each turn there is a rest as long as the turn
 * was, so that proxies have half of the thread at the least.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";

export class Turns {
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #taken = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A place among those who may wait, which is left by what is answered; undefined: all are taken. What is read
   * for the work is read with a place, so that its memory is bounded as well.
   */
  take(): (() => void) | undefined {
    if (this.#taken >= limits.live.planWaits) return undefined;
    this.#taken += 1;
    return () => {
      this.#taken -= 1;
    };
  }

  /** `work` begins when all before it is done, and yields between its turns. */
  async run<T>(work: () => Generator<undefined, T>): Promise<T> {
    const done = this.#last.then(() => this.#work(work));
    this.#last = done.catch(() => undefined);
    return await done;
  }

  async #work<T>(work: () => Generator<undefined, T>): Promise<T> {
    const turns = work();
    for (;;) {
      const beganMs = this.#clock.monotonicMs();
      const { done, value } = turns.next();
      const restMs = this.#clock.monotonicMs() - beganMs;
      await new Promise<void>((resolve) => this.#clock.after(restMs, resolve));
      if (done === true) return value;
    }
  }
}
