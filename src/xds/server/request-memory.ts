/**
 * Memory of requests that come in parts, used for one after another. Were it allocated for each and
 * thrown away, V8 would mark the whole heap whenever some of it has come together, which was the
 * larger part of the CPU that a thousand reconnecting proxies cost (measured).
 */
import { limits } from "../../config/limits.ts";

const sizes = limits.xds.requestPieces;

export class RequestMemory {
  readonly #keptMost: number;
  readonly #free = new Map(sizes.map((size) => [size, [] as Buffer[]]));
  #keptBytes = 0;

  constructor(keptMost: number = limits.xds.requestMemoryBytes) {
    this.#keptMost = keptMost;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Room for so many bytes or more; what is in it was somebody else's. */
  take(bytes: number): Buffer {
    const size = sizes.find((each) => each >= bytes && bytes > each / 2) ?? bytes;
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) this.#keptBytes -= size;
    return known ?? Buffer.allocUnsafeSlow(size);
  }

  /** Nobody looks at it any more. */
  give(memory: Buffer): void {
    const free = this.#free.get(memory.length);
    if (free === undefined || this.#keptBytes + memory.length > this.#keptMost) return;
    this.#keptBytes += memory.length;
    free.push(memory);
  }
}
