/**
 * Messages out of the chunks of a request stream, whatever their borders. A chunk that ends with a
 * message is not copied; what is left over is copied into memory of its own, because chunks are cut
 * out of large buffers, and one byte would keep such a buffer alive. That memory has room for the
 * whole message where a fair part of it has come, so that it is copied once; else it doubles.
 */
import { prefixBytes } from "../frame.ts";

/** `compressed`: no encoding was agreed on; `too_large`: longer than a message may be. */
export type FrameFault = "compressed" | "too_large";

const leastCapacity = 256;
/** A client makes us hold no more than so many times what it has sent. */
const fairPart = 8;
const nothing = Buffer.alloc(0);

export class Deframer {
  readonly #messageBytes: number;
  #held: Buffer = nothing;
  /** Of `held`: where what was not taken yet starts, and where it ends. */
  #start = 0;
  #end = 0;
  /** Whether `held` is memory of our own, with room behind `end`. */
  #owned = false;

  /** `messageBytes`: the longest message that is taken. */
  constructor(messageBytes: number) {
    this.#messageBytes = messageBytes;
  }

  /** Bytes that belong to no whole message yet, or to one that was not taken. */
  get heldBytes(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    if (this.heldBytes === 0) {
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

  /** The next whole message; undefined: more bytes are needed. It may share memory with a chunk. */
  next(): Uint8Array | FrameFault | undefined {
    if (this.heldBytes < prefixBytes) return this.#wait();
    if (this.#held[this.#start] !== 0) return "compressed";
    const length = this.#held.readUInt32BE(this.#start + 1);
    if (length > this.#messageBytes) return "too_large";
    if (this.heldBytes < prefixBytes + length) return this.#wait(prefixBytes + length);
    const from = this.#start + prefixBytes;
    this.#start = from + length;
    const message = this.#held.subarray(from, this.#start);
    if (this.heldBytes === 0) this.#held = nothing;
    return message;
  }

  #wait(wholeBytes = 0): undefined {
    const { heldBytes } = this;
    if (heldBytes > 0) this.#own(Math.max(heldBytes, Math.min(wholeBytes, fairPart * heldBytes)));
    return undefined;
  }

  /** Memory of our own with room for `bytes` from `start` on; what was taken is never overwritten. */
  #own(bytes: number): void {
    if (this.#owned && this.#start + bytes <= this.#held.length) return;
    const held = Buffer.allocUnsafeSlow(Math.max(leastCapacity, this.#owned ? 2 * bytes : bytes));
    this.#held.copy(held, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#held = held;
    this.#owned = true;
  }
}
