/**
 * One watch stream from its opening to its end. The stream is etcd's raw duplex; this adds liveness:
 * a progress request at short intervals, which a healthy etcd answers within milliseconds, and an end
 * when nothing at all arrives for too long (a half-open connection says nothing by itself).
 */
import type { Clock } from "../lib/clock.ts";
import type { WatchStream } from "./etcd-client.ts";
import { type CallFailure, callFailure, explain, isDenied, isTransient } from "./etcd-errors.ts";
import { prefixEnd } from "./etcd-list.ts";
import type { StoreLimits } from "./etcd-options.ts";
import { type RelistReason, type StreamState, step } from "./etcd-stream.ts";
import type { StoreChange } from "./store.ts";

export type SessionEnd =
  | { readonly kind: "closed" }
  /** The connection failed: watch again from the last applied revision, over a new one. */
  | { readonly kind: "resume"; readonly detail: string }
  | { readonly kind: "relist"; readonly reason: RelistReason; readonly detail: string };

export interface SessionOptions {
  readonly stream: WatchStream;
  readonly prefix: Buffer;
  readonly state: StreamState;
  readonly clock: Clock;
  readonly bounds: Pick<StoreLimits, "progressIntervalMs" | "silenceMs">;
  /** The watch exists on the server; events follow. */
  readonly onCreated: () => void;
  /** May call `finish`; what is left of the same message is then not delivered. */
  readonly onChange: (change: StoreChange) => void;
  readonly onContact: () => void;
}

export class WatchSession {
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #resolve: (end: SessionEnd) => void;
  #state: StreamState;
  #live = true;
  #created = false;
  #heardAt: number;
  #askedSince = 0;
  #cancelTick: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#heardAt = options.clock.monotonicMs();
    let resolve: (end: SessionEnd) => void = () => undefined;
    this.ended = new Promise((settle) => {
      resolve = settle;
    });
    this.#resolve = resolve;
    this.#listen();
    this.#request();
    this.#schedule();
  }

  finish(end: SessionEnd): void {
    if (!this.#live) return;
    this.#live = false;
    this.#cancelTick();
    this.#options.stream.cancel();
    this.#resolve(end);
  }

  #listen(): void {
    const { stream } = this.#options;
    stream.on("data", (message) => this.#receive(message));
    stream.on("end", () => this.finish({ kind: "resume", detail: "etcd ended the watch stream" }));
    // Stays after the end: a cancelled stream reports its cancellation as an error.
    stream.on("error", (error) => this.#fail(error));
  }

  #request(): void {
    const { stream, prefix, state } = this.#options;
    stream.write({
      create_request: {
        key: prefix,
        range_end: prefixEnd(prefix),
        start_revision: String(state.applied + 1n),
        fragment: true,
        progress_notify: true,
      },
    });
  }

  #receive(message: Parameters<typeof step>[1]): void {
    if (!this.#live) return;
    this.#heardAt = this.#options.clock.monotonicMs();
    this.#askedSince = 0;
    this.#options.onContact();
    const next = step(this.#state, message);
    if (next.kind === "relist") {
      this.finish(next);
      return;
    }
    this.#state = next.state;
    if (message.created && !this.#created) {
      this.#created = true;
      this.#options.onCreated();
    }
    if (next.kind !== "changes") return;
    for (const change of next.changes) {
      if (this.#live) this.#options.onChange(change);
    }
  }

  #fail(error: Error): void {
    const failure = callFailure(error);
    const detail = explain(failure);
    if (isResumable(failure)) this.finish({ kind: "resume", detail });
    else this.finish({ kind: "relist", reason: relistReason(failure), detail });
  }

  #schedule(): void {
    const { clock, bounds } = this.#options;
    const silentFor = clock.monotonicMs() - this.#heardAt;
    const wait = Math.min(bounds.progressIntervalMs, Math.max(1, bounds.silenceMs - silentFor));
    this.#cancelTick = clock.after(wait, () => this.#tick());
  }

  /**
   * Silence counts only when two requests in a row went unanswered: after a stall of this process
   * itself, messages may be waiting that have not been read yet.
   */
  #tick(): void {
    const { clock, bounds, stream } = this.#options;
    const silentFor = clock.monotonicMs() - this.#heardAt;
    if (silentFor >= bounds.silenceMs && this.#askedSince >= 2) {
      this.finish({ kind: "resume", detail: `no message for ${Math.round(silentFor)} ms` });
      return;
    }
    this.#askedSince += 1;
    if (this.#created) stream.write({ progress_request: {} });
    this.#schedule();
  }
}

/** A message that could not be parsed would come again; only a new list gets past it. */
function isResumable(failure: CallFailure): boolean {
  return isTransient(failure) && !/pars|decod|deserializ|decompress/i.test(failure.details);
}

function relistReason(failure: CallFailure): RelistReason {
  if (isDenied(failure)) return "denied";
  return isTransient(failure) ? "decode" : "stream";
}
