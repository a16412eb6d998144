/**
 * What is kept for the streams of a view: at its present generation, for as long as a stream has the
 * subscription that it is for, and within a number of entries per view and of bytes in all.
 */
import { Budget } from "../lib/budget.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import type { NameSet } from "./name-set.ts";

interface Entry {
  readonly shelf: WeakRef<Map<string, Kept<unknown>>>;
  readonly key: string;
  readonly among: Set<Entry>;
}

interface Kept<V> {
  readonly value: V;
  readonly entry: Entry;
}

interface Memory<V> {
  generation: number;
  /** By the names that are asked for. */
  shelves: WeakMap<NameSet, Map<string, Kept<V>>>;
  /** Oldest first. */
  readonly entries: Set<Entry>;
}

/** Bytes of an entry without what is kept. */
const entryBytes = 512;

export class KeptPerView<V> {
  readonly #entriesMax: number;
  readonly #budget: Budget<Entry>;
  readonly #memories = new WeakMap<ResourceView, Memory<V>>();
  readonly #forgotten = new FinalizationRegistry<Set<Entry>>((entries) => this.#release(entries));

  constructor(max: { readonly entries: number; readonly bytes: number }) {
    this.#entriesMax = max.entries;
    this.#budget = new Budget(max.bytes);
  }

  /** Bytes of all views together. */
  get bytes(): number {
    return this.#budget.spent;
  }

  get(view: ResourceView, names: NameSet, key: string): V | undefined {
    const memory = this.#memories.get(view);
    if (memory?.generation !== view.generation) return undefined;
    return memory.shelves.get(names)?.get(key)?.value;
  }

  /** `key`: some hundred characters at the most. */
  put(view: ResourceView, names: NameSet, key: string, kept: { value: V; bytes: number }): void {
    const { shelves, entries } = this.#memory(view);
    const shelf = shelves.get(names) ?? new Map<string, Kept<V>>();
    shelves.set(names, shelf);
    const before = shelf.get(key);
    if (before !== undefined) this.#drop(before.entry);
    const entry: Entry = { shelf: new WeakRef(shelf), key, among: entries };
    shelf.set(key, { value: kept.value, entry });
    entries.add(entry);
    this.#budget.spend(entry, entryBytes + kept.bytes);
    dropOldest(entries, this.#entriesMax, (oldest) => this.#drop(oldest));
    for (const each of this.#budget.overdrawn()) this.#drop(each);
  }

  #drop(entry: Entry): void {
    this.#budget.release(entry);
    entry.among.delete(entry);
    entry.shelf.deref()?.delete(entry.key);
  }

  #memory(view: ResourceView): Memory<V> {
    const { generation } = view;
    const known = this.#memories.get(view);
    if (known?.generation === generation) return known;
    if (known !== undefined) {
      this.#release(known.entries);
      known.generation = generation;
      known.shelves = new WeakMap();
      return known;
    }
    const memory: Memory<V> = { generation, shelves: new WeakMap(), entries: new Set() };
    this.#memories.set(view, memory);
    this.#forgotten.register(view, memory.entries);
    return memory;
  }

  #release(entries: Set<Entry>): void {
    for (const entry of entries) this.#budget.release(entry);
    entries.clear();
  }
}
