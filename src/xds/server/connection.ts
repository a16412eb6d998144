/**
 * One HTTP/2 connection: whether its client is still there, how old it is, and what is on it. It is
 * the one place that ends a connection; a call ends itself.
 * https://www.rfc-editor.org/rfc/rfc9113.html#name-goaway
 */
import { constants, type ServerHttp2Session } from "node:http2";
import { TLSSocket } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { reasons } from "../end-reason.ts";
import type { WireBounds } from "./bounds.ts";
import type { GrpcCall } from "./call.ts";
import { certificateNames } from "./certificate-names.ts";
import type { Caller } from "./client-status.ts";
import { peerOf, type Sockets } from "./sockets.ts";

export interface ConnectionParts {
  readonly session: ServerHttp2Session;
  readonly clock: Clock;
  readonly bounds: WireBounds;
  /** From 0 up to 1: where in the jitter the age of this connection lies. */
  readonly chance: number;
  readonly sockets: Sockets;
}

export class Connection implements Caller {
  /** `address:port` of the client, as gRPC writes it. */
  readonly peer: string;
  readonly address: string | undefined;
  /** Resolves when nothing of it is left. */
  readonly closed: Promise<void>;
  readonly #parts: ConnectionParts;
  readonly #calls = new Set<GrpcCall>();
  readonly #timers = new Set<() => void>();
  #idleSinceMs: number;
  /** Streams that may be opened now, and when that was so. */
  #allowance: number;
  #allowanceAtMs: number;

  constructor(parts: ConnectionParts) {
    const { session, clock, bounds, chance, sockets } = parts;
    this.#parts = parts;
    this.peer = peerOf(session.socket);
    this.address = session.socket.remoteAddress;
    sockets.served(this.peer);
    this.#idleSinceMs = clock.monotonicMs();
    this.#allowance = bounds.streamBurst;
    this.#allowanceAtMs = this.#idleSinceMs;
    session.on("error", () => {});
    this.closed = new Promise((resolve) => {
      session.once("close", () => {
        for (const cancel of this.#timers) cancel();
        this.#timers.clear();
        resolve();
      });
    });
    this.#after(bounds.keepAliveTimeMs, () => this.#look());
    if (bounds.connectionAgeMs > 0) {
      const jitter = 1 + bounds.connectionAgeJitter * (2 * chance - 1);
      this.#after(bounds.connectionAgeMs * jitter, () => this.#retire());
    }
  }

  /** False where the client opens streams faster than it may: the connection is over. */
  mayOpen(): boolean {
    const { session, clock, bounds } = this.#parts;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.#allowanceAtMs) / 1_000) * bounds.streamsPerSecond;
    this.#allowance = Math.min(bounds.streamBurst, this.#allowance + earned) - 1;
    this.#allowanceAtMs = nowMs;
    if (this.#allowance >= 0) return true;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
    return false;
  }

  readonly certificateNames = (): readonly string[] => {
    const { socket } = this.#parts.session;
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    return certificate === undefined ? [] : certificateNames(certificate);
  };

  add(call: GrpcCall): void {
    this.#calls.add(call);
  }

  remove(call: GrpcCall): void {
    this.#calls.delete(call);
    this.#idleSinceMs = this.#parts.clock.monotonicMs();
  }

  /** Tells the client to open no more streams here; the connection ends with its last one. */
  goAway(): void {
    if (!this.#parts.session.closed) this.#parts.session.close();
  }

  /** Also a session that is over, and waits for its client to hang up. */
  destroy(): void {
    this.#parts.session.destroy();
    this.#parts.sockets.cut(this.peer);
  }

  #after(ms: number, task: () => void): () => void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
    return cancel;
  }

  /** Is the client still there, and does it want anything? */
  #look(): void {
    const { session, clock, bounds } = this.#parts;
    if (session.destroyed) {
      this.destroy();
      return;
    }
    const idleMs = this.#calls.size === 0 ? clock.monotonicMs() - this.#idleSinceMs : 0;
    if (idleMs >= bounds.idleConnectionMs) {
      this.goAway();
      this.#after(bounds.stopGraceMs, () => this.destroy());
      return;
    }
    let answered = false;
    // The answer may wait in the socket behind what kept the thread busy: it is read first.
    const cancel = this.#after(bounds.keepAliveTimeoutMs, () =>
      setImmediate(() => {
        if (!answered) this.destroy();
      }),
    );
    session.ping((error) => {
      answered = error === null;
      if (!answered || session.destroyed) return;
      this.#timers.delete(cancel);
      cancel();
      this.#after(bounds.keepAliveTimeMs, () => this.#look());
    });
  }

  /** Too old: its proxy connects anew, perhaps to another replica, and asks for what has changed. */
  #retire(): void {
    const { bounds } = this.#parts;
    this.goAway();
    let index = 0;
    for (const call of this.#calls) {
      const delay = (bounds.connectionAgeGraceMs * index) / this.#calls.size;
      this.#after(delay, () => call.stop(reasons.tooOld));
      index += 1;
    }
    this.#after(bounds.connectionAgeGraceMs + bounds.stopGraceMs, () => this.destroy());
  }
}
