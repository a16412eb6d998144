/**
 * One xDS stream: bytes in, protocol step, bytes out. It keeps at most one unread message: a proxy
 * that stops reading costs that much and no more, and gets the newest state when it reads again.
 * A bug met in a step ends this stream and no other: what the others share is not changed by steps.
 */

import { limits } from "../config/limits.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import type { View } from "../snapshot/view.ts";
import { changed } from "./changed.ts";
import type { Doubts } from "./doubts.ts";
import { type EndReason, internal, reasons } from "./end-reason.ts";
import type { Message, MessagePool } from "./message-pool.ts";
import { noNameSet, sameNames } from "./name-set.ts";
import { type ConnectedProxy, noLayers, type ProxyNode } from "./node.ts";
import { rebase } from "./rebase.ts";
import { type HeldVersion, isSettled, settlesUntil } from "./settling.ts";
import type { Received } from "./sotw.ts";
import { asksTooMuch, readStreamRequest } from "./stream-request.ts";
import {
  emptyStream,
  nextPush,
  type StreamState,
  streamSent,
  type Variant,
  type Views,
  withType,
} from "./stream-state.ts";
import type { InFlight } from "./type-state.ts";
import type { TypeStates } from "./type-states.ts";

/** The wire under a stream; one of HTTP/2 in the product, an array in tests. */
export interface Wire {
  readonly peer: string;
  /** Returns false when no other message may follow yet; `XdsStream.drained` is called later. */
  write(bytes: Uint8Array): boolean;
  end(reason: EndReason): void;
}

/** `full`: there would have to be one view more than the server may have. */
export type ViewOfNode = View | "full" | undefined;

/** What a stream needs of the hub. */
export interface StreamHost {
  readonly pool: MessagePool;
  readonly doubts: Doubts;
  nowMs(): number;
  wallMs(): number;
  /** The view of a proxy; undefined while there is none: the stream stays silent. */
  viewOf(proxy: ConnectedProxy): ViewOfNode;
  /** A stream sees another view from now on. */
  selected(stream: XdsStream, from: View | undefined, to: View): void;
  /** A stream is about to pass from one view to the other, which takes over what it may use. */
  moves(from: View, to: View): void;
  written(stream: XdsStream, typeUrl: TypeUrl, message: Message): void;
  judged(stream: XdsStream, typeUrl: TypeUrl, verdict: "ack" | "nack", of: InFlight): void;
  ended(stream: XdsStream, reason: EndReason): void;
  /** A request was read. */
  received(stream: XdsStream, typeUrl: TypeUrl, verdict: Received["verdict"]): void;
  /** A request was taken, and what is due was sent. */
  stepped(stream: XdsStream): void;
  wakeAt(stream: XdsStream, atMs: number): void;
}

export class XdsStream {
  readonly variant: Variant;
  readonly wire: Wire;
  readonly openedAtMs: number;
  readonly #host: StreamHost;
  /** The only type of a stream that is not aggregated. */
  readonly #onlyType: TypeUrl | undefined;
  #state: StreamState;
  #node: ProxyNode | undefined;
  #layers = noLayers;
  #view: View | undefined;
  /** While it settles: until when at the latest, monotonic ms. */
  #settlesUntilMs: number | undefined;
  #writable = true;
  #ended = false;
  #lastSerial = 0;
  readonly #changedAtMs = new Map<TypeUrl, number>();

  constructor(
    host: StreamHost,
    wire: Wire,
    options: { readonly variant: Variant; readonly onlyType: TypeUrl | undefined },
  ) {
    this.#host = host;
    this.wire = wire;
    this.variant = options.variant;
    this.#onlyType = options.onlyType;
    this.#state = emptyStream(options.variant);
    this.openedAtMs = host.wallMs();
  }

  get node(): ProxyNode | undefined {
    return this.#node;
  }

  get proxy(): ConnectedProxy | undefined {
    const layers = this.#settlesUntilMs === undefined ? this.#layers : noLayers;
    return this.#node && { node: this.#node, layers };
  }

  get view(): View | undefined {
    return this.#view;
  }

  /** Of a stream that is not aggregated. */
  get onlyType(): TypeUrl | undefined {
    return this.#onlyType;
  }

  get types(): TypeStates {
    return this.#state.types;
  }

  /** Wall-clock time of the last write or verdict of a type. */
  changedAtMs(typeUrl: TypeUrl): number {
    return this.#changedAtMs.get(typeUrl) ?? this.openedAtMs;
  }

  /** Takes one request, and keeps nothing of its bytes. */
  receive(bytes: Uint8Array): void {
    if (!this.#ended) this.#guarded(() => this.#receive(bytes));
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (bug) {
      this.end(internal(bug));
    }
  }

  #receive(bytes: Uint8Array): void {
    const request = readStreamRequest(this.variant, bytes, this.#node);
    if ("code" in request) {
      this.end(request);
      return;
    }
    const isFirst = this.#node === undefined;
    const { node, excess } = request;
    this.#node = node;
    const typeUrl = this.#typeOf(request.typeUrl);
    if (typeUrl === undefined) {
      this.end(reasons.wrongType);
      return;
    }
    if (excess !== undefined) {
      this.end(excess);
      return;
    }
    const previous = this.#state.types.get(typeUrl);
    if (previous === undefined && this.#state.types.size >= limits.xds.typesPerStream) {
      this.end(reasons.tooManyTypes);
      return;
    }
    const received = request.receive(previous, typeUrl, { node, doubts: this.#host.doubts });
    if (asksTooMuch(request, previous, received.state)) {
      this.end(reasons.tooManyNames);
      return;
    }
    this.#state = withType(this.#state, typeUrl, received.state);
    this.#host.received(this, typeUrl, received.verdict);
    this.#judge(typeUrl, previous?.inFlight, received);
    if (this.#takeLayers(typeUrl)) {
      if (previous === undefined) this.#beginSettling(request.held);
      this.reselect();
    } else if (isFirst) this.reselect();
    this.pump();
    if (previous?.known === undefined) this.#keepKnown(typeUrl);
    this.#host.stepped(this);
  }

  /** What is not compared yet is copied: the memory of a request is the next one's. */
  #keepKnown(typeUrl: TypeUrl): void {
    const type = this.types.get(typeUrl);
    if (type?.known === undefined) return;
    const known = new Uint8Array(type.known);
    this.#state = withType(this.#state, typeUrl, changed(type, { known }));
  }

  /** Whether the stream asks for other RTDS layers than before: its view depends on them. */
  #takeLayers(typeUrl: TypeUrl): boolean {
    const names = typeUrl === typeUrls.runtime && this.types.get(typeUrl)?.subscription.names;
    if (!names || sameNames(names, this.#layers)) return false;
    this.#layers = names;
    return true;
  }

  #typeOf(typeUrl: string): TypeUrl | undefined {
    if (this.#onlyType === undefined) return typeUrl === "" ? undefined : (typeUrl as TypeUrl);
    return typeUrl === "" || typeUrl === this.#onlyType ? this.#onlyType : undefined;
  }

  #judge(typeUrl: TypeUrl, of: InFlight | undefined, received: Received): void {
    if (of === undefined || (received.verdict !== "ack" && received.verdict !== "nack")) return;
    this.#changedAtMs.set(typeUrl, this.#host.wallMs());
    this.#host.judged(this, typeUrl, received.verdict, of);
  }

  /** Sends what is due, in push order, as far as the wire takes it. */
  pump(): void {
    this.#guarded(() => this.#pump());
  }

  #beginSettling(held: HeldVersion): void {
    if ([...this.#layers].every((layer) => held(layer) === undefined)) return;
    const view = this.proxy && this.#host.viewOf(this.proxy);
    if (view === undefined || view === "full") return;
    this.#settlesUntilMs = settlesUntil(this.#layers, held, view, this.#host.nowMs());
  }

  /** Whether it has just got everything that it was to have before keys. */
  #endsSettling(): boolean {
    const view = this.#view;
    if (this.#settlesUntilMs === undefined || view === undefined) return false;
    const isOverdue = this.#host.nowMs() >= this.#settlesUntilMs;
    if (!isSettled(this.types, view, isOverdue)) return false;
    this.#settlesUntilMs = undefined;
    return true;
  }

  #pump(): void {
    const view = this.#view;
    while (view !== undefined && this.#writable && !this.#ended) {
      const next = nextPush(this.#state, this.#tablesOf(view), this.#host.nowMs());
      this.#state = next.state;
      if (next.kind === "restart") {
        this.end(reasons.tooFarBehind);
        return;
      }
      if (next.kind === "idle") {
        this.#idle(next.wakeAtMs);
        return;
      }
      const { typeUrl, push } = next;
      const message = this.#host.pool.take(this.variant, view.table(typeUrl), push, {
        names: this.types.get(typeUrl)?.subscription.nameSet ?? noNameSet,
        after: this.#lastSerial,
      });
      this.#lastSerial = message.serial;
      this.#state = streamSent(this.#state, typeUrl, push, message.content, {
        nonce: message.nonce,
        nowMs: this.#host.nowMs(),
      });
      this.#changedAtMs.set(typeUrl, this.#host.wallMs());
      this.#writable = this.wire.write(message.bytes);
      this.#host.written(this, typeUrl, message);
    }
  }

  /** A proxy that settles keeps the keys it has. */
  #tablesOf(view: View): Views {
    if (this.#settlesUntilMs === undefined) return (typeUrl) => view.table(typeUrl);
    return (typeUrl) => (typeUrl === typeUrls.runtime ? undefined : view.table(typeUrl));
  }

  #idle(nextMs: number | undefined): void {
    if (this.#endsSettling()) {
      this.#reselect();
      return;
    }
    const until = this.types.has(typeUrls.route) ? undefined : this.#settlesUntilMs;
    const wakeAtMs = until === undefined ? nextMs : Math.min(until, nextMs ?? until);
    if (wakeAtMs !== undefined) this.#host.wakeAt(this, wakeAtMs);
  }

  /** The wire takes messages again. */
  drained(): void {
    this.#writable = true;
    this.pump();
  }

  /** The proxy is selected for another view, or for one at last. */
  reselect(): void {
    this.#guarded(() => this.#reselect());
  }

  #reselect(): void {
    const { proxy } = this;
    if (proxy === undefined || this.#ended) return;
    const view = this.#host.viewOf(proxy);
    const from = this.#view;
    if (view === from || view === undefined) return;
    if (view === "full") {
      this.end(reasons.tooManyViews);
      return;
    }
    this.#view = view;
    this.#host.selected(this, from, view);
    if (from !== undefined) this.#rebase(from, view);
    this.#pump();
  }

  #rebase(from: View, to: View): void {
    this.#host.moves(from, to);
    for (const [typeUrl, type] of this.#state.types) {
      const moved = rebase(type, from.table(typeUrl), to.table(typeUrl));
      this.#state = withType(this.#state, typeUrl, moved);
    }
  }

  /** The proxy went away, or the wire broke. */
  closed(reason: EndReason): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#node !== undefined) this.#host.doubts.remember(this.#node.id, this.#state.types);
    this.#host.ended(this, reason);
  }

  end(reason: EndReason): void {
    if (this.#ended) return;
    this.closed(reason);
    this.wire.end(reason);
  }
}
