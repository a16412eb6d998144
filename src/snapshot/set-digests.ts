/**
 * Digests of the sets of names that were asked for last, kept up to date. A set is known by identity,
 * and held weakly: its digest goes with it.
 */
import { dropOldest } from "../lib/drop-oldest.ts";
import type { Resource } from "./resource.ts";
import { SetDigest } from "./set-digest.ts";

type Names = ReadonlySet<string>;

export class SetDigests {
  readonly #lookup: (name: string) => Resource | undefined;
  readonly #max: number;
  readonly #digests = new WeakMap<Names, SetDigest>();
  /** Oldest first. */
  readonly #sets = new Set<WeakRef<Names>>();

  constructor(lookup: (name: string) => Resource | undefined, max: number) {
    this.#lookup = lookup;
    this.#max = max;
  }

  of(names: Names): SetDigest {
    const known = this.#digests.get(names);
    if (known !== undefined) return known;
    const digest = new SetDigest(names, this.#lookup);
    this.#digests.set(names, digest);
    this.#sets.add(new WeakRef(names));
    dropOldest(this.#sets, this.#max, (set) => this.#forget(set));
    return digest;
  }

  /** The resource of this name came, went or changed. */
  touch(name: string): void {
    for (const set of this.#sets) {
      const names = set.deref();
      if (names === undefined) this.#sets.delete(set);
      else if (names.has(name)) this.#digests.get(names)?.touch(name);
    }
  }

  #forget(set: WeakRef<Names>): void {
    const names = set.deref();
    if (names !== undefined) this.#digests.delete(names);
  }
}
