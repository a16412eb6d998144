/** What is kept and what each of it costs, oldest first: what is too much together goes in that order. */
export class Budget<K> {
  readonly #max: number;
  readonly #costs = new Map<K, number>();
  #spent = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get spent(): number {
    return this.#spent;
  }

  /** `key` is kept from now on. */
  spend(key: K, cost: number): void {
    this.release(key);
    this.#costs.set(key, cost);
    this.#spent += cost;
  }

  /** `key` is kept no longer. */
  release(key: K): void {
    this.#spent -= this.#costs.get(key) ?? 0;
    this.#costs.delete(key);
  }

  /** Takes out the oldest until the rest is within bounds; the caller has to let go of each. */
  *overdrawn(): Iterable<K> {
    for (const key of this.#costs.keys()) {
      if (this.#spent <= this.#max) return;
      this.release(key);
      yield key;
    }
  }
}
