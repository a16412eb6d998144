/** The last ones of names in order, without a copy of them: one after another leaves from the front. */
export class RestOfNames implements ReadonlySet<string> {
  /** Sorted, each once. */
  readonly #names: readonly string[];
  readonly #from: number;

  constructor(names: readonly string[], from: number) {
    this.#names = names;
    this.#from = Math.min(from, names.length);
  }

  get size(): number {
    return this.#names.length - this.#from;
  }

  get first(): string | undefined {
    return this.#names[this.#from];
  }

  /** All but the first. */
  get others(): RestOfNames {
    return new RestOfNames(this.#names, this.#from + 1);
  }

  has(name: string): boolean {
    let low = this.#from;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return this.#names[low] === name;
  }

  *values(): SetIterator<string> {
    for (let at = this.#from; at < this.#names.length; at += 1) yield this.#names[at] ?? "";
  }

  keys(): SetIterator<string> {
    return this.values();
  }

  [Symbol.iterator](): SetIterator<string> {
    return this.values();
  }

  *entries(): SetIterator<[string, string]> {
    for (const name of this) yield [name, name];
  }

  forEach(each: (name: string, same: string, set: ReadonlySet<string>) => void): void {
    for (const name of this) each(name, name, this);
  }
}
