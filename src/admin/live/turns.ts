/**
 * Long work in turns of the event loop, one after the other: after each turn there is a rest as long as the turn
 * was, so that proxies have half of the thread at the least.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";

export class Turns {
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  /** Places by the token of who has them. */
  readonly #taken = new Map<string | undefined, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A place among those who may wait, which is left by what is answered; undefined: all are taken, or as many as
   * one token may have. What is read for the work is read with a place, so that its memory is bounded as well.
   */
  take(token: string | undefined): (() => void) | undefined {
    const all = [...this.#taken.values()].reduce((sum, each) => sum + each, 0);
    const own = this.#taken.get(token) ?? 0;
    if (all >= limits.live.planWaits) return undefined;
    if (token !== undefined && own >= limits.live.planWaitsPerToken) return undefined;
    this.#taken.set(token, own + 1);
    return () => {
      const left = (this.#taken.get(token) ?? 1) - 1;
      if (left > 0) this.#taken.set(token, left);
      else this.#taken.delete(token);
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
