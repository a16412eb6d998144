/**
 * Messages out of the chunks of a request stream, whatever their borders. A chunk that ends with a
 * message is not copied; what is left over is copied into memory of its own, because chunks are cut
 * out of large buffers, and one byte would keep such a buffer alive. That memory doubles as it grows,
 * unless there is room for the whole message (`prepare`), which is copied once then.
 */
import { prefixBytes } from "../frame.ts";

/** `compressed`: no encoding was agreed on; `too_large`: longer than a message may be. */
export type FrameFault = "compressed" | "too_large";

const leastCapacity = 256;
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

  /** Length of the message that has begun, its prefix included; 0 while that is not known. */
  get begunBytes(): number {
    if (this.heldBytes < prefixBytes) return 0;
    return prefixBytes + this.#held.readUInt32BE(this.#start + 1);
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
    if (this.heldBytes < prefixBytes + length) return this.#wait();
    const from = this.#start + prefixBytes;
    this.#start = from + length;
    const message = this.#held.subarray(from, this.#start);
    if (this.heldBytes === 0) this.#held = nothing;
    return message;
  }

  /** Memory for all of the message that has begun. */
  prepare(): void {
    const bytes = this.begunBytes;
    if (!this.#hasRoom(bytes)) this.#move(bytes);
  }

  #wait(): undefined {
    if (this.heldBytes > 0) this.#own(this.heldBytes);
    return undefined;
  }

  #own(bytes: number): void {
    if (!this.#hasRoom(bytes)) this.#move(this.#owned ? 2 * bytes : bytes);
  }

  #hasRoom(bytes: number): boolean {
    return this.#owned && this.#start + bytes <= this.#held.length;
  }

  /** To memory of our own with room for `bytes`; what was taken is never overwritten. */
  #move(bytes: number): void {
    const held = Buffer.allocUnsafeSlow(Math.max(leastCapacity, bytes));
    this.#held.copy(held, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#held = held;
    this.#owned = true;
  }
}
