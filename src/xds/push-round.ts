/**
 * Gathers the writes of one round, so that a message that goes to a thousand streams is told about
 * once.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { Message } from "./message-pool.ts";
import type { XdsObserver } from "./observer.ts";
import type { XdsStream } from "./stream.ts";

interface Entry {
  readonly stream: XdsStream;
  readonly typeUrl: TypeUrl;
  readonly message: Message;
  readonly firstAtMs: number;
  lastAtMs: number;
  streams: number;
}

export class PushRound {
  readonly #clock: Clock;
  readonly #observer: XdsObserver;
  readonly #entries = new Map<Message, Entry>();

  constructor(clock: Clock, observer: XdsObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  add(stream: XdsStream, typeUrl: TypeUrl, message: Message): void {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(message);
    if (entry === undefined) {
      const fresh = { stream, typeUrl, message, firstAtMs: nowMs, lastAtMs: nowMs, streams: 1 };
      this.#entries.set(message, fresh);
      return;
    }
    entry.streams += 1;
    entry.lastAtMs = nowMs;
  }

  finish(): void {
    for (const entry of this.#entries.values()) {
      const { content, bytes } = entry.message;
      const names = content.resources.slice(0, limits.xds.loggedNames).map(({ name }) => name);
      this.#observer.pushed({
        typeUrl: entry.typeUrl,
        variant: entry.stream.variant,
        view: entry.stream.view?.key ?? "",
        version: content.version,
        names,
        resources: content.resources.length,
        removed: content.removed.length,
        bare: content.bare?.length ?? 0,
        streams: entry.streams,
        bytes: bytes.length,
        ms: entry.lastAtMs - entry.firstAtMs,
      });
    }
    this.#entries.clear();
  }
}
