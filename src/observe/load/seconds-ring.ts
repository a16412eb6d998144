/**
 * Two sums for each of the last seconds: requests that went well and that failed, or how often a figure
 * came and what it came to. The memory is taken once; a second that has passed makes room by itself.
 */
export interface Sums {
  readonly first: number;
  readonly second: number;
}

const never = -(2 ** 31);

export class SecondsRing {
  readonly #size: number;
  /** Which second a slot is about. */
  readonly #seconds: Int32Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #newest = never;

  /** `size`: seconds remembered. */
  constructor(size: number) {
    this.#size = size;
    this.#seconds = new Int32Array(size).fill(never);
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /** The latest second that anything was added to. */
  get newest(): number {
    return this.#newest;
  }

  /** What is older than the memory is dropped. */
  add(second: number, add: Sums): void {
    if (second <= this.#newest - this.#size) return;
    const slot = this.#slot(second);
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#first[slot] = 0;
      this.#second[slot] = 0;
    }
    this.#first[slot] = (this.#first[slot] ?? 0) + add.first;
    this.#second[slot] = (this.#second[slot] ?? 0) + add.second;
    this.#newest = Math.max(this.#newest, second);
  }

  /** Of the `count` seconds that end with `last`. */
  sum(last: number, count: number): Sums {
    let first = 0;
    let second = 0;
    for (let at = last - Math.min(count, this.#size) + 1; at <= last; at += 1) {
      const slot = this.#slot(at);
      if (this.#seconds[slot] !== at) continue;
      first += this.#first[slot] ?? 0;
      second += this.#second[slot] ?? 0;
    }
    return { first, second };
  }

  /** Seconds may be below zero: they are of a clock that begins with the process. */
  #slot(second: number): number {
    return ((second % this.#size) + this.#size) % this.#size;
  }
}
