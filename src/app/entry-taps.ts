/**
 * What the store holds, key by key, and who is told of some of it besides the pipeline. One watch serves
 * all of them, so that they see the same revisions in the same order.
 */
import { applyChange } from "../store/change.ts";
import type { Entry, StoreChange, StoreState } from "../store/store.ts";

/**
 * Calls are synchronous and in order. Decode has taken the same revision before; what proxies get of it
 * may come later.
 */
export interface EntryTap {
  /** What there is under its prefixes: once, and before any change. */
  start(state: StoreState): void;
  /** The part of a whole revision that is under its prefixes; not called where there is none. */
  change(change: StoreChange): void;
}

interface Tapped {
  readonly prefixes: readonly string[];
  readonly tap: EntryTap;
}

export class EntryTaps {
  readonly #taps = new Set<Tapped>();
  #entries = new Map<string, Entry>();
  /** Undefined before the first full list. */
  #revision: bigint | undefined;

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /**
   * Follows the keys that begin with one of `prefixes`, such as `status/load/`; what is returned ends
   * it. Where the first full list is there already, the tap starts at once.
   */
  add(prefixes: readonly string[], tap: EntryTap): () => void {
    const tapped = { prefixes, tap };
    this.#taps.add(tapped);
    if (this.#revision !== undefined) this.#begin(tapped, this.#revision);
    return () => {
      this.#taps.delete(tapped);
    };
  }

  /** The store's first full list. */
  start(state: StoreState): void {
    this.#entries = new Map(state.entries);
    this.#revision = state.revision;
    for (const tapped of [...this.#taps]) this.#begin(tapped, state.revision);
  }

  change(change: StoreChange): void {
    const { revision } = change;
    applyChange(this.#entries, change);
    this.#revision = revision;
    // A tap that is added meanwhile has the change in its start.
    for (const tapped of [...this.#taps]) {
      const puts = change.puts.filter(({ key }) => isUnder(key, tapped));
      const deletes = change.deletes.filter((key) => isUnder(key, tapped));
      // Another one may have ended it.
      if (puts.length + deletes.length === 0 || !this.#taps.has(tapped)) continue;
      tapped.tap.change({ revision, puts, deletes });
    }
  }

  #begin(tapped: Tapped, revision: bigint): void {
    const own = [...this.#entries].filter(([key]) => isUnder(key, tapped));
    tapped.tap.start({ revision, entries: new Map(own) });
  }
}

const isUnder = (key: string, { prefixes }: Tapped): boolean =>
  prefixes.some((prefix) => key.startsWith(prefix));
