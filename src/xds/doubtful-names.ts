/** Names that a proxy may not have as it says: in a list that it shares with others, or its own. */
export type SomeNames = NameList | OwnNames;

const lists = new WeakMap<readonly string[], NameList>();

/** What is sent to a thousand proxies at once, and not answered, is kept once. */
export class NameList {
  readonly #names: readonly string[];
  #users = 0;

  private constructor(names: readonly string[]) {
    this.#names = names;
  }

  static of(names: readonly string[]): NameList {
    const known = lists.get(names) ?? new NameList(names);
    lists.set(names, known);
    return known;
  }

  /** One more keeps it; returns the bytes that are kept now and were not before. */
  kept(): number {
    this.#users += 1;
    return this.#users === 1 ? bytesOf(this.#names) : 0;
  }

  /** One less keeps it; returns the bytes that were kept and are not now. */
  released(): number {
    this.#users -= 1;
    return this.#users === 0 ? bytesOf(this.#names) : 0;
  }

  own(): OwnNames {
    return new OwnNames(this.#names);
  }
}

export class OwnNames {
  readonly #names = new Set<string>();
  #bytes = 0;

  constructor(names: Iterable<string>) {
    this.add(names);
  }

  get size(): number {
    return this.#names.size;
  }

  add(names: Iterable<string>): void {
    for (const name of names) {
      if (!this.#names.has(name)) this.#bytes += bytesOf([name]);
      this.#names.add(name);
    }
  }

  /** Takes out those that are in `wanted`, or all. */
  take(wanted: ReadonlySet<string> | undefined): ReadonlySet<string> {
    const taken = wanted === undefined ? new Set(this.#names) : common(wanted, this.#names);
    for (const name of taken) this.#names.delete(name);
    this.#bytes -= bytesOf(taken);
    return taken;
  }

  kept(): number {
    return this.#bytes;
  }

  released(): number {
    return this.#bytes;
  }

  own(): OwnNames {
    return this;
  }
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  const found = new Set<string>();
  for (const name of few) if (many.has(name)) found.add(name);
  return found;
}

/** A name and its place in a set. */
function bytesOf(names: Iterable<string>): number {
  let bytes = 0;
  for (const name of names) bytes += name.length + 40;
  return bytes;
}
