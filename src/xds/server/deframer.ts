/**
 * Messages out of the chunks of a request stream, whatever their borders. A chunk that ends with a
 * message is not copied; what is left over is copied into memory of its own, because chunks are cut
 * out of large buffers, and one byte would keep such a buffer alive. That memory doubles as it grows,
 * unless there is room for the whole message (`prepare`), which is copied once then.
 */
import { prefixBytes } from "../frame.ts";
import type { RequestMemory } from "./request-memory.ts";

/** `compressed`: no encoding was agreed on; `too_large`: longer than a message may be. */
export type FrameFault = "compressed" | "too_large";

const leastCapacity = 256;
const nothing = Buffer.alloc(0);

export class Deframer {
  readonly #messageBytes: number;
  readonly #memory: RequestMemory;
  #held: Buffer = nothing;
  /** Of `held`: where what was not taken yet starts, and where it ends. */
  #start = 0;
  #end = 0;
  /** Whether `held` is memory of our own, with room behind `end`. */
  #owned = false;

  /** `messageBytes`: the longest message that is taken. */
  constructor(messageBytes: number, memory: RequestMemory) {
    this.#messageBytes = messageBytes;
    this.#memory = memory;
  }

  /** Bytes that belong to no whole message yet, or to one that was not taken. */
  get heldBytes(): number {
    return this.#end - this.#start;
  }

  /** Length of the message that has begun, its prefix included; 0 while that is not known. */
  get begunBytes(): number {
    if (this.heldBytes < prefixBytes) return 0;
    return prefixBytes + this.#held.readUInt32BE(this.#start + 1);
  }

  push(chunk: Buffer): void {
    if (this.heldBytes === 0) {
      this.release();
      this.#held = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    this.#own(this.heldBytes + chunk.length);
    this.#held.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next whole message; undefined: more bytes are needed, and `keep` or `prepare` has to see to
   * those that are there. It is in memory that others use after `release`, `push` or these two.
   */
  next(): Uint8Array | FrameFault | undefined {
    if (this.heldBytes < prefixBytes) return undefined;
    if (this.#held[this.#start] !== 0) return "compressed";
    const length = this.#held.readUInt32BE(this.#start + 1);
    if (length > this.#messageBytes) return "too_large";
    if (this.heldBytes < prefixBytes + length) return undefined;
    const from = this.#start + prefixBytes;
    this.#start = from + length;
    return this.#held.subarray(from, this.#start);
  }

  /** Keeps nothing of what was dealt with, where nothing else is held. */
  release(): void {
    if (this.heldBytes > 0) return;
    if (this.#owned) this.#memory.give(this.#held);
    this.#held = nothing;
    this.#start = 0;
    this.#end = 0;
    this.#owned = false;
  }

  /** Memory for all of the message that has begun. */
  prepare(): void {
    const bytes = this.begunBytes;
    if (!this.#hasRoom(bytes)) this.#move(bytes);
  }

  /** Copies what is held out of a chunk, which may be a part of much more. */
  keep(): void {
    if (this.heldBytes > 0) this.#own(this.heldBytes);
  }

  #own(bytes: number): void {
    if (!this.#hasRoom(bytes)) this.#move(this.#owned ? 2 * bytes : bytes);
  }

  #hasRoom(bytes: number): boolean {
    return this.#owned && this.#start + bytes <= this.#held.length;
  }

  /** To memory of our own with room for `bytes`. */
  #move(bytes: number): void {
    const held = this.#memory.take(Math.max(leastCapacity, bytes));
    this.#held.copy(held, 0, this.#start, this.#end);
    if (this.#owned) this.#memory.give(this.#held);
    this.#end -= this.#start;
    this.#start = 0;
    this.#held = held;
    this.#owned = true;
  }
}
