/**
 * Runs a task soon after it is poked, and at most once in a while. A task that says it is not done goes on in
 * the next turn of the event loop; one that took long rests for long.
 */
import type { Clock } from "../../lib/clock.ts";

/** Pokes come in bursts: the first one waits for the others, ms. */
const settleMs = 20;

/** A task may take this part of the thread. */
const restFactor = 20;

export class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #task: () => boolean;
  #notBeforeMs = 0;
  #cancel: (() => void) | undefined;
  #isRunning = false;
  #isPoked = false;

  /** `task`: whether it is done. */
  constructor(clock: Clock, everyMs: number, task: () => boolean) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#task = task;
  }

  poke(): void {
    if (this.#isRunning) this.#isPoked = true;
    else this.#cancel ??= this.#after(Math.max(settleMs, this.#notBeforeMs - this.#nowMs()));
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isPoked = false;
  }

  #nowMs(): number {
    return this.#clock.monotonicMs();
  }

  #after(ms: number): () => void {
    return this.#clock.after(ms, () => this.#run());
  }

  #run(): void {
    const beganMs = this.#nowMs();
    this.#cancel = undefined;
    this.#isPoked = false;
    this.#isRunning = true;
    const isDone = this.#task();
    this.#isRunning = false;
    const tookMs = this.#nowMs() - beganMs;
    this.#notBeforeMs = this.#nowMs() + Math.max(this.#everyMs, tookMs * restFactor);
    if (!isDone) this.#cancel = this.#after(0);
    else if (this.#isPoked) this.poke();
  }
}
