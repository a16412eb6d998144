/**
 * One gRPC call over one stream of HTTP/2: messages in, messages out, a status at the end. What a
 * client sends is read only as quickly as it is dealt with, and what it does not read is not taken:
 * `drained` comes when flow control has let the last message through to the socket.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Clock } from "../../lib/clock.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import { frameOf } from "../frame.ts";
import { AwaitedMessage } from "./awaited.ts";
import type { WireBounds } from "./bounds.ts";
import { Deframer, type FrameFault } from "./deframer.ts";
import { responseHeaders } from "./request.ts";
import type { RequestMemory } from "./request-memory.ts";
import type { Room } from "./room.ts";
import { type CallStatus, trailersOf } from "./status.ts";
import type { Turns } from "./turns.ts";

export interface CallParts {
  readonly stream: ServerHttp2Stream;
  /** Address and port of the client. */
  readonly peer: string;
  /** `grpc-encoding` of the request. */
  readonly encoding: string;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly room: Room;
  readonly memory: RequestMemory;
  readonly bounds: WireBounds;
}

/** Who serves a call. */
export interface CallSide {
  /** `bytes` are others' afterwards. */
  message(bytes: Uint8Array): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** Another message may be written. */
  drained(): void;
  /** The call has to end for this reason. */
  stop(reason: EndReason): void;
  /** The stream is gone, however it went. */
  closed(): void;
}

export class GrpcCall {
  readonly peer: string;
  readonly #parts: CallParts;
  readonly #deframer: Deframer;
  /** Of the message that has to come, or to be finished. */
  #awaited: AwaitedMessage | undefined;
  #side: CallSide | undefined;
  #ended = false;
  #halfClosed = false;
  #waits = false;
  /** The turn in which the last message was dealt with, and what was dealt with in it. */
  #turn = -1;
  #turnMessages = 0;
  #turnBytes = 0;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.peer = parts.peer;
    this.#deframer = new Deframer(parts.bounds.requestBytes, parts.memory);
    // What went wrong on the wire is told by `close`.
    parts.stream.on("error", () => {});
  }

  /** Sends the headers and begins to read. */
  begin(side: CallSide): void {
    const { stream } = this.#parts;
    this.#side = side;
    stream.on("data", (chunk: Buffer) => {
      if (this.#ended) return;
      this.#deframer.push(chunk);
      this.#deliver();
    });
    stream.on("end", () => {
      // Also the end of a stream that was reset; `close` follows.
      if (stream.closed) return;
      this.#halfClosed = true;
      this.#deliver();
    });
    stream.on("close", () => {
      this.#awaitNothing();
      side.closed();
    });
    if (stream.destroyed || stream.closed) return;
    stream.respond(responseHeaders(), { waitForTrailers: true });
    this.#awaitMessage();
  }

  /** Gives on what is whole, as much as one call may have in one turn. */
  #deliver(): void {
    while (!this.#ended) {
      if (this.#turnIsOver()) return;
      const next = this.#deframer.next();
      if (next === undefined) {
        this.#awaitRest();
        break;
      }
      if (typeof next === "string") {
        this.stop(this.#fault(next));
        return;
      }
      this.#awaitNothing();
      this.#turnMessages += 1;
      this.#turnBytes += next.length;
      this.#parts.turns.spend(() => this.#side?.message(next));
      this.#deframer.release();
    }
    if (!this.#halfClosed || this.#ended) return;
    if (this.#deframer.heldBytes > 0) this.stop(reasons.truncated);
    else this.#side?.halfClosed();
  }

  /** True where this turn, or this call's share of it, is over; it goes on in a later one. */
  #turnIsOver(): boolean {
    const { turns, bounds } = this.#parts;
    if (this.#waits) return this.#putOff();
    const { number } = turns;
    if (number !== this.#turn) {
      this.#turn = number;
      this.#turnMessages = 0;
      this.#turnBytes = 0;
    }
    const over =
      turns.over ||
      this.#turnMessages >= bounds.requestsPerTurn ||
      this.#turnBytes >= bounds.requestBytesPerTurn;
    return over && this.#deframer.heldBytes > 0 ? this.#putOff() : false;
  }

  /** Reads no more meanwhile, unless it is little: to pause and resume costs more than a request. */
  #putOff(): true {
    const { stream, bounds } = this.#parts;
    if (this.#deframer.heldBytes > bounds.waitingBytes) stream.pause();
    this.#goOnLater();
    return true;
  }

  #goOnLater(): void {
    const { stream, turns } = this.#parts;
    if (this.#waits) return;
    this.#waits = true;
    turns.later(() => {
      this.#waits = false;
      if (stream.isPaused()) stream.resume();
      this.#deliver();
    });
  }

  #awaitMessage(): AwaitedMessage {
    this.#awaited ??= new AwaitedMessage({
      ...this.#parts,
      isRead: () => !this.#waits,
      granted: () => this.#goOnLater(),
      expired: (reason) => this.stop(reason),
    });
    return this.#awaited;
  }

  #awaitNothing(): void {
    this.#awaited?.done();
    this.#awaited = undefined;
  }

  /** Reads on where a message has begun, if there is room for all of it. */
  #awaitRest(): void {
    if (this.#deframer.heldBytes === 0) return;
    const room = this.#awaitMessage().roomFor(this.#deframer.begunBytes);
    if (room === "none") this.stop(reasons.noRoom);
    else if (room === "now") this.#deframer.prepare();
    else {
      this.#deframer.keep();
      this.#parts.stream.pause();
    }
  }

  #fault(fault: FrameFault): EndReason {
    if (fault === "too_large") return reasons.requestTooLarge;
    return this.#parts.encoding === "identity" ? reasons.compressedUnsaid : reasons.compressed;
  }

  /** Ends the call by way of the one who serves it. */
  stop(reason: EndReason): void {
    if (this.#side === undefined) this.end(reason);
    else this.#side.stop(reason);
  }

  /** Always false: the next message may follow when `drained` is called. */
  write(message: Uint8Array): boolean {
    const { stream } = this.#parts;
    if (!this.#ended && stream.writable) stream.write(frameOf(message), this.#taken);
    return false;
  }

  readonly #taken = (error?: Error | null): void => {
    if (!error && !this.#ended) this.#side?.drained();
  };

  /** What was written before goes out first, if the client takes it within the grace. */
  end(status: CallStatus): void {
    const { stream, clock, bounds } = this.#parts;
    if (this.#ended) return;
    this.#ended = true;
    this.#awaitNothing();
    if (stream.destroyed || stream.closed) return;
    if (stream.headersSent) {
      stream.once("wantTrailers", () => stream.sendTrailers(trailersOf(status)));
      stream.end();
    } else {
      stream.respond({ ...responseHeaders(), ...trailersOf(status) }, { endStream: true });
    }
    letGo(stream, clock, bounds.stopGraceMs);
  }
}

/**
 * A client that has its answer closes the stream; until then, what it says is thrown away. Were the
 * stream reset at once, the reset would overtake the answer.
 */
export function letGo(stream: ServerHttp2Stream, clock: Clock, graceMs: number): void {
  stream.resume();
  const cancel = clock.after(graceMs, () => stream.close(constants.NGHTTP2_CANCEL));
  stream.once("close", cancel);
}
