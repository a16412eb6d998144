import type { ResourceChange } from "./view.ts";

/** One step of the history: what a store revision changed in one view. */
export interface HistoryEntry {
  readonly revision: bigint;
  /** Wall-clock milliseconds, for display. */
  readonly atMs: number;
  readonly view: string;
  readonly changes: readonly ResourceChange[];
}

/** The last changes, oldest first, bounded by count. */
export class History {
  readonly #limit: number;
  #entries: HistoryEntry[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: HistoryEntry): void {
    if (entry.changes.length === 0) return;
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
  }

  entries(): readonly HistoryEntry[] {
    return this.#entries;
  }
}
