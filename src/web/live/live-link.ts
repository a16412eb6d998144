/**
 * The stream of events as long as the page is open: read by fetch, opened again with back-off where it
 * breaks or falls silent, and what it says reduced to one state that views look at.
 */

import { createEventReader } from "../../api/event-reader.ts";
import { backoffMs } from "./backoff.ts";
import { readEvent } from "./read-event.ts";
import { initialState, type LiveEvent, type LiveState, reduce } from "./state.ts";

/** serin says something each 15 s; a connection that is silent for longer is dead. */
const silenceMs = 40_000;

export interface LiveSource {
  /** Opens the stream; a status that is not 200 has no body. */
  open(signal: AbortSignal): Promise<{
    readonly status: number;
    readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  }>;
  /** The server said that the token is not, or no more, good. */
  denied(): void;
}

export class LiveLink {
  #state = initialState;
  readonly #listeners = new Set<() => void>();
  readonly #source: LiveSource;
  #attempt = new AbortController();
  #wake = (): void => undefined;
  #open = true;

  constructor(source: LiveSource) {
    this.#source = source;
    void this.#run();
  }

  get state(): LiveState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  say(event: LiveEvent): void {
    this.#state = reduce(this.#state, event);
    for (const listener of this.#listeners) listener();
  }

  /** Now, and not when the back-off is over. */
  retry(): void {
    this.#wake();
  }

  close(): void {
    this.#open = false;
    this.#attempt.abort();
    this.#wake();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#open) {
      this.#attempt = new AbortController();
      const outcome = await this.#read(this.#attempt);
      if (!this.#open) return;
      if (outcome === "denied") {
        this.say({ kind: "link", link: { kind: "denied" } });
        this.#source.denied();
        return;
      }
      failures = outcome === "ended" ? 1 : failures + 1;
      await this.#rest(failures);
    }
  }

  /** `ended`: it was open, and broke. */
  async #read(attempt: AbortController): Promise<"denied" | "ended" | "failed"> {
    let outcome: "ended" | "failed" = "failed";
    let watchdog = setTimeout(() => attempt.abort(), silenceMs);
    try {
      const { status, body } = await this.#source.open(attempt.signal);
      if (status === 401) return "denied";
      if (status !== 200 || body === null) return "failed";
      const take = createEventReader();
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return outcome;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => attempt.abort(), silenceMs);
        for (const said of take(value)) {
          const event = readEvent(said, Date.now());
          if (event !== undefined) this.say(event);
          outcome = "ended";
        }
      }
    } catch {
      // Whatever broke it, the answer is to try again; the page says that it is not live.
      return outcome;
    } finally {
      clearTimeout(watchdog);
      attempt.abort();
    }
  }

  async #rest(failures: number): Promise<void> {
    const now = Date.now();
    const ms = backoffMs(failures, Math.random());
    const { link } = this.#state;
    const sinceMs = link.kind === "lost" ? link.sinceMs : now;
    this.say({ kind: "link", link: { kind: "lost", sinceMs, retryAtMs: now + ms, failures } });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
