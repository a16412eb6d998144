/**
 * Waiting until proxies have ACKed. A question is put to every stream once, and then only to those
 * of which something has happened, so that ten thousand ACKs cost ten thousand looks and no more.
 */
import type { Clock } from "../lib/clock.ts";
import type { Progress } from "../snapshot/retirement.ts";
import type { XdsStream } from "./stream.ts";
import { hasApplied, isOwing, type TypeState } from "./type-state.ts";

export interface Question {
  /** How far one stream is; undefined where it is not asked. */
  judge(stream: XdsStream): Progress | undefined;
  /** Whether there may be an answer yet, once no stream is pending; default: there may. */
  isComplete?(): boolean;
  /** Whether the first rejection is the answer, whoever else is pending. */
  readonly hasty: boolean;
}

export interface WaitTimes {
  /** Monotonic milliseconds until the answer is `pending`. */
  readonly timeoutMs: number;
  /** An abort answers as the end of the time does. */
  readonly signal?: AbortSignal;
}

interface Wait {
  readonly question: Question;
  readonly pending: Set<XdsStream>;
  readonly rejected: Set<XdsStream>;
  readonly answer: (progress: Progress) => void;
}

export class ApplyWaits {
  readonly #clock: Clock;
  readonly #streams: ReadonlySet<XdsStream>;
  readonly #waits = new Set<Wait>();

  constructor(clock: Clock, streams: ReadonlySet<XdsStream>) {
    this.#clock = clock;
    this.#streams = streams;
  }

  get size(): number {
    return this.#waits.size;
  }

  /** `pending`: it was not so far within the time. */
  ask(question: Question, { timeoutMs, signal }: WaitTimes): Promise<Progress> {
    return new Promise((resolve) => {
      const giveUp = (): void => wait.answer("pending");
      const cancel = this.#clock.after(timeoutMs, giveUp);
      const wait: Wait = {
        question,
        pending: new Set(),
        rejected: new Set(),
        answer: (progress) => {
          this.#waits.delete(wait);
          cancel();
          signal?.removeEventListener("abort", giveUp);
          resolve(progress);
        },
      };
      this.#waits.add(wait);
      signal?.addEventListener("abort", giveUp);
      this.#settle(wait);
      if (signal?.aborted) giveUp();
    });
  }

  /** Something has happened to `streams`: a verdict, a subscription, another view, an end. */
  look(streams: Iterable<XdsStream>): void {
    for (const wait of [...this.#waits]) {
      for (const stream of streams) judge(wait, stream, this.#streams.has(stream));
      const isOver = wait.pending.size === 0 || (wait.question.hasty && wait.rejected.size > 0);
      if (isOver) this.#settle(wait);
    }
  }

  close(): void {
    for (const { answer } of [...this.#waits]) answer("pending");
  }

  #settle(wait: Wait): void {
    const { question, pending, rejected, answer } = wait;
    // From the start: what has happened in the same turn may not have been told yet.
    pending.clear();
    rejected.clear();
    for (const stream of this.#streams) judge(wait, stream, true);
    const isRejected = rejected.size > 0;
    if (question.hasty && isRejected) answer("rejected");
    else if (pending.size === 0 && (question.isComplete?.() ?? true)) {
      answer(isRejected ? "rejected" : "applied");
    }
  }
}

function judge({ question, pending, rejected }: Wait, stream: XdsStream, isThere: boolean): void {
  const progress = isThere ? question.judge(stream) : undefined;
  if (progress === "pending") pending.add(stream);
  else pending.delete(stream);
  if (progress === "rejected") rejected.add(stream);
  else rejected.delete(stream);
}

/**
 * How far a proxy is with one type. `rejected`: it was sent everything, said no, and gets nothing
 * more until something changes.
 */
export function typeProgress(type: TypeState | undefined, generation: number): Progress {
  if (type === undefined || hasApplied(type, generation)) return "applied";
  const isSettled = type.inFlight === undefined && !isOwing(type);
  const isRejected = isSettled && type.held.size > 0 && type.sentGeneration >= generation;
  return isRejected ? "rejected" : "pending";
}
