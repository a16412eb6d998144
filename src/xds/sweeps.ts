/** Looks now and then whether what retires in a view may go, whether or not a stream is left. */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { Progress, RetireTimes } from "../snapshot/retirement.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { ResourceChange, View } from "../snapshot/view.ts";

export interface SweepParts {
  /** How far the streams of a view are. */
  progress(view: View, typeUrl: TypeUrl, generation: number): Progress;
  /** These were let go of. */
  released(view: View, changes: readonly ResourceChange[]): void;
}

const times: RetireTimes = {
  graceMs: limits.xds.retireGraceMs,
  maxMs: limits.xds.retireMaxMs,
  drainMs: limits.xds.listenerDrainMs,
};

export class Sweeps {
  readonly #clock: Clock;
  readonly #parts: SweepParts;
  readonly #views = new Set<View>();
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, parts: SweepParts) {
    this.#clock = clock;
    this.#parts = parts;
  }

  /** Until nothing retires in `view`. */
  watch(view: View): void {
    if (view.retiringCount === 0) return;
    this.#views.add(view);
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(): void {
    if (this.#cancel !== undefined || this.#closed) return;
    this.#cancel = this.#clock.after(limits.xds.sweepIntervalMs, () => {
      this.#cancel = undefined;
      for (const view of this.#views) this.#sweep(view);
      if (this.#views.size > 0) this.#schedule();
    });
  }

  #sweep(view: View): void {
    const released = view.sweep(
      (typeUrl, generation) => this.#parts.progress(view, typeUrl, generation),
      this.#clock.monotonicMs(),
      times,
    );
    if (released.length > 0) this.#parts.released(view, released);
    if (view.retiringCount === 0) this.#views.delete(view);
  }
}
