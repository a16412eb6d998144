/** What happens on one stream, in the words of the observer. */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { EndReason } from "./end-reason.ts";
import type { Message } from "./message-pool.ts";
import type { XdsObserver } from "./observer.ts";
import type { Received } from "./sotw.ts";
import type { XdsStream } from "./stream.ts";
import type { InFlight } from "./type-state.ts";

export class StreamEvents {
  readonly #clock: Clock;
  readonly #observer: XdsObserver;

  constructor(clock: Clock, observer: XdsObserver) {
    this.#clock = clock;
    this.#observer = observer;
  }

  opened({ wire, variant }: XdsStream): void {
    this.#observer.streamOpened({ node: undefined, peer: wire.peer, variant });
  }

  written({ node, variant, wire }: XdsStream, typeUrl: TypeUrl, message: Message): void {
    const { response } = this.#observer;
    if (response === undefined || node === undefined) return;
    const { bytes, content, nonce } = message;
    response({
      node,
      peer: wire.peer,
      variant,
      typeUrl,
      version: content.version,
      nonce,
      resources: content.resources.length,
      removed: content.removed.length,
      bytes: bytes.length,
    });
  }

  received(stream: XdsStream, typeUrl: TypeUrl, verdict: Received["verdict"]): void {
    const { node, variant, wire, types } = stream;
    const { request } = this.#observer;
    const subscription = types.get(typeUrl)?.subscription;
    if (request === undefined || node === undefined || subscription === undefined) return;
    const { names, wildcard } = subscription;
    request({ node, peer: wire.peer, variant, typeUrl, verdict, wildcard, names });
  }

  judged(stream: XdsStream, typeUrl: TypeUrl, verdict: "ack" | "nack", of: InFlight): void {
    const { node } = stream;
    if (node === undefined) return;
    const ms = this.#clock.monotonicMs() - of.sentAtMs;
    const event = { node, typeUrl, version: of.version, ms };
    if (verdict === "ack") {
      this.#observer.acked(event);
      return;
    }
    const message = stream.types.get(typeUrl)?.rejected?.message ?? "";
    const names = of.names.slice(0, limits.xds.loggedNames);
    this.#observer.nacked({ ...event, message, names });
  }

  ended({ node, variant, wire }: XdsStream, { bug, code, message }: EndReason): void {
    const event = { node, peer: wire.peer, variant, code, reason: message };
    this.#observer.streamClosed(bug === undefined ? event : { ...event, bug });
  }
}
