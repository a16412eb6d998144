/**
 * All streams of load reports of this server. They have nothing in common with those of discovery
 * but the port: a proxy that reports badly keeps what it was served.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import type { ProxyNode } from "../node.ts";
import type { LoadObserver } from "../observer.ts";
import type { Wire } from "../stream.ts";
import { LoadPace } from "./load-pace.ts";
import { type LoadHost, LoadStream } from "./load-stream.ts";
import type { LoadMessage } from "./read-load.ts";

export interface LoadStreamsOptions {
  readonly clock: Clock;
  readonly observer: LoadObserver;
  /** Between two reports of a proxy, at the least. */
  readonly intervalMs: number;
}

export class LoadStreams implements LoadHost {
  readonly pace: LoadPace;
  readonly #clock: Clock;
  readonly #observer: LoadObserver;
  readonly #streams = new Set<LoadStream>();
  readonly #drains: (() => void)[] = [];
  #lastId = 0;
  #draining = false;

  constructor({ clock, observer, intervalMs }: LoadStreamsOptions) {
    this.#clock = clock;
    this.#observer = observer;
    this.pace = new LoadPace(intervalMs, limits.xds.loadBytesPerSecond);
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream over `wire`; undefined where the server has as many as it may, or drains. */
  open(wire: Wire): LoadStream | undefined {
    const full = this.#streams.size >= limits.xds.loadStreams;
    if (full || this.#draining) {
      wire.end(full ? reasons.tooManyStreams : reasons.draining);
      return undefined;
    }
    this.#lastId += 1;
    const stream = new LoadStream(this, wire, this.#lastId);
    this.#streams.add(stream);
    this.#observer.loadStreamOpened?.({ stream: stream.id, node: undefined, peer: wire.peer });
    return stream;
  }

  reported({ id, wire }: LoadStream, node: ProxyNode, message: LoadMessage): void {
    const { intervalMs, clusters } = message;
    this.#observer.loadReported?.({ stream: id, node, peer: wire.peer, intervalMs, clusters });
  }

  ended(stream: LoadStream, { bug, code, message }: EndReason): void {
    this.#streams.delete(stream);
    const { id, node, wire } = stream;
    const event = { stream: id, node, peer: wire.peer, code, reason: message };
    this.#observer.loadStreamClosed?.(bug === undefined ? event : { ...event, bug });
  }

  /** Ends all streams, spread over `overMs`, as those of discovery. */
  drain(overMs: number): void {
    this.#draining = true;
    let index = 0;
    for (const stream of this.#streams) {
      const delay = (overMs * index) / this.#streams.size;
      this.#drains.push(this.#clock.after(delay, () => stream.end(reasons.draining)));
      index += 1;
    }
  }

  /** Takes no more streams, and leaves no timer behind; the wires are the server's to close. */
  close(): void {
    this.#draining = true;
    for (const cancel of this.#drains) cancel();
  }
}
