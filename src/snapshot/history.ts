import type { ResourceChange } from "./view.ts";

/** One step of the history: what a store revision changed in one view. */
export interface HistoryEntry {
  readonly revision: bigint;
  /** Wall-clock milliseconds, for display. */
  readonly atMs: number;
  readonly view: string;
  readonly changes: readonly ResourceChange[];
  /** How many more changes the step had than are kept. */
  readonly omitted: number;
}

export interface HistoryLimits {
  readonly entries: number;
  readonly changesPerEntry: number;
}

/** The last changes, oldest first, bounded by count. */
export class History {
  readonly #limits: HistoryLimits;
  #entries: HistoryEntry[] = [];

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  add(step: Omit<HistoryEntry, "omitted">): void {
    if (step.changes.length === 0) return;
    const changes = step.changes.slice(0, this.#limits.changesPerEntry);
    this.#entries.push({ ...step, changes, omitted: step.changes.length - changes.length });
    if (this.#entries.length > this.#limits.entries) this.#entries.shift();
  }

  entries(): readonly HistoryEntry[] {
    return this.#entries;
  }
}
