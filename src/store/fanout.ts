/**
 * Tells the watchers of a store what happened: synchronously, in order, never overlapping. A sink
 * that writes to the store from inside a call does not nest; its change waits for its turn.
 */
import type { StoreChange, StoreHealth, StoreSink, StoreState, Watch } from "./store.ts";

interface Watcher {
  readonly sink: StoreSink;
  started: boolean;
  closed: boolean;
}

export class Fanout {
  readonly #watchers = new Set<Watcher>();
  readonly #queue: (() => void)[] = [];
  #draining = false;

  /** With `state` undefined the sink waits for `start`. */
  add(sink: StoreSink, state: StoreState | undefined): Watch {
    const watcher: Watcher = { sink, started: false, closed: false };
    this.#watchers.add(watcher);
    if (state !== undefined) this.#enqueueStart(watcher, state);
    this.#drain();
    return {
      close: async () => {
        watcher.closed = true;
        this.#watchers.delete(watcher);
      },
    };
  }

  /** Starts every sink that waits for the first state. */
  start(state: StoreState): void {
    for (const watcher of this.#watchers) {
      if (!watcher.started) this.#enqueueStart(watcher, state);
    }
    this.#drain();
  }

  change(change: StoreChange): void {
    for (const watcher of this.#watchers) {
      if (watcher.started) this.#enqueue(watcher, (sink) => sink.change(change));
    }
    this.#drain();
  }

  health(health: StoreHealth): void {
    for (const watcher of this.#watchers) this.#enqueue(watcher, (sink) => sink.health(health));
    this.#drain();
  }

  closeAll(): void {
    for (const watcher of this.#watchers) watcher.closed = true;
    this.#watchers.clear();
  }

  #enqueueStart(watcher: Watcher, state: StoreState): void {
    watcher.started = true;
    const copy = { revision: state.revision, entries: new Map(state.entries) };
    this.#enqueue(watcher, (sink) => sink.start(copy));
  }

  #enqueue(watcher: Watcher, call: (sink: StoreSink) => void): void {
    this.#queue.push(() => {
      if (!watcher.closed) call(watcher.sink);
    });
  }

  /** Runs only after every watcher's call is queued: a nested write then comes after all of them. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
    } finally {
      this.#draining = false;
    }
  }
}
