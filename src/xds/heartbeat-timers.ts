import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { ResourceTable } from "../snapshot/resource-table.ts";
import type { View } from "../snapshot/view.ts";

interface Timer {
  readonly intervalMs: number;
  readonly startedAtMs: number;
  readonly cancel: () => void;
}

/**
 * One timer for each type of each view in which something has a time to live, while some stream is
 * there to be told. All such resources of a type beat at the pace of the shortest.
 */
export class HeartbeatTimers {
  readonly #clock: Clock;
  readonly #wake: (view: View) => boolean;
  readonly #timers = new Map<ResourceTable, Timer>();

  /** `wake`: lets the streams of a view look what is due; false where there are none. */
  constructor(clock: Clock, wake: (view: View) => boolean) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** To be called when the content of a view has changed, and when it gets a stream. */
  watch(view: View): void {
    for (const table of view.tables()) {
      const { shortestTtlMs } = table;
      if (shortestTtlMs === undefined) continue;
      const intervalMs = intervalOf(shortestTtlMs);
      const running = this.#timers.get(table);
      if (running !== undefined && running.intervalMs <= intervalMs) continue;
      running?.cancel();
      this.#start(view, table, intervalMs);
    }
  }

  #start(view: View, table: ResourceTable, intervalMs: number): void {
    const startedAtMs = this.#clock.monotonicMs();
    const cancel = this.#clock.after(intervalMs, () => this.#beat(view, table));
    this.#timers.set(table, { intervalMs, startedAtMs, cancel });
  }

  #beat(view: View, table: ResourceTable): void {
    const timer = this.#timers.get(table);
    this.#timers.delete(table);
    const { shortestTtlMs } = table;
    if (timer === undefined || shortestTtlMs === undefined) return;
    // A process that was stopped or busy has missed some, and proxies have not waited.
    const passedMs = this.#clock.monotonicMs() - timer.startedAtMs;
    table.beat(Math.max(1, Math.floor(passedMs / timer.intervalMs)));
    if (this.#wake(view)) this.#start(view, table, intervalOf(shortestTtlMs));
  }

  close(): void {
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}

/** A resource that a user has put together by hand may have any time to live. */
function intervalOf(ttlMs: number): number {
  const { beatsPerTtl, beatMinMs } = limits.xds;
  return ttlMs > beatsPerTtl * beatMinMs ? ttlMs / beatsPerTtl : beatMinMs;
}
