/** Keeps the history within its bounds while this replica leads: now and then, and in steps. */
import { limits } from "../config/limits.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Store } from "../store/store.ts";
import type { Leader } from "./leader.ts";
import { pruneHistory } from "./prune-history.ts";

export interface PrunerOptions {
  readonly store: Store;
  readonly leader: Pick<Leader, "term">;
  /** Keys of the store as they are now; others than those of records do not matter. */
  readonly keys: () => Iterable<string>;
  readonly observer: { pruned(records: number): void };
  readonly clock?: Clock;
}

export class HistoryPruner {
  readonly #options: PrunerOptions;
  readonly #clock: Clock;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: PrunerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#after(limits.history.pruneIntervalMs);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #after(ms: number): void {
    if (this.#closed) return;
    this.#cancel = this.#clock.after(ms, () => void this.#step());
  }

  async #step(): Promise<void> {
    const { store, leader, keys, observer } = this.#options;
    const term = leader.term();
    if (term === undefined) return this.#after(limits.history.pruneIntervalMs);
    const step = await pruneHistory(store, term, keys(), this.#clock.wallMs());
    if (step.ok && step.value.pruned > 0) observer.pruned(step.value.pruned);
    // `keys` has to hear of the step before it can tell what is left.
    const isMore = step.ok && step.value.pruned > 0 && step.value.left > 0;
    this.#after(isMore ? limits.history.pruneStepMs : limits.history.pruneIntervalMs);
  }
}
