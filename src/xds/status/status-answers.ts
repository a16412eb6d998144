/**
 * The answers of a port that are being made: one after the other, each a little in a turn of the
 * event loop, so that a request for everything holds up no proxy.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { type EndReason, internal } from "../end-reason.ts";
import type { AnswerInParts } from "./status-answer.ts";

interface Job {
  readonly parts: AnswerInParts;
  done(answer: Uint8Array | EndReason): void;
}

export class StatusAnswers {
  readonly #clock: Clock;
  /** The first one is being made. */
  readonly #jobs = new Set<Job>();
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `done` is called in a later turn, unless the returned function is called first. */
  make(parts: AnswerInParts, done: Job["done"]): () => void {
    const job = { parts, done };
    this.#jobs.add(job);
    this.#schedule();
    return () => this.#jobs.delete(job);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#work(this.#clock.monotonicMs() + limits.xds.statusTurnMs);
      if (this.#jobs.size > 0) this.#schedule();
    });
  }

  #work(untilMs: number): void {
    for (const job of this.#jobs) {
      const answer = advance(job.parts, () => this.#clock.monotonicMs() >= untilMs);
      if (answer === undefined) return;
      this.#jobs.delete(job);
      job.done(answer);
    }
  }
}

/** The answer, where it is done before the time is over. */
function advance(parts: AnswerInParts, isOver: () => boolean): Uint8Array | EndReason | undefined {
  try {
    for (;;) {
      if (isOver()) return undefined;
      const next = parts.next();
      if (next.done === true) return next.value;
    }
  } catch (bug) {
    return internal(bug);
  }
}
