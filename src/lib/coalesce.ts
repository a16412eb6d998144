/**
 * Runs `task` once for a burst of calls: after `quietMs` without a call, and at the latest `maxMs`
 * after the first one, so that a steady stream of changes cannot starve it.
 */
import type { Clock } from "./clock.ts";

export interface Coalescer {
  /** Something happened; `task` will run soon. */
  poke(): void;
  /** Runs a pending task now. */
  flush(): void;
  /** Forgets a pending task. */
  cancel(): void;
}

export interface CoalesceTimes {
  readonly quietMs: number;
  readonly maxMs: number;
}

export function coalesce(clock: Clock, times: CoalesceTimes, task: () => void): Coalescer {
  let firstAtMs: number | undefined;
  let cancelTimer = (): void => {};
  const forget = (): void => {
    cancelTimer();
    firstAtMs = undefined;
  };
  const run = (): void => {
    forget();
    task();
  };
  return {
    poke() {
      const nowMs = clock.monotonicMs();
      firstAtMs ??= nowMs;
      cancelTimer();
      const waitMs = Math.min(times.quietMs, firstAtMs + times.maxMs - nowMs);
      cancelTimer = clock.after(Math.max(0, waitMs), run);
    },
    flush() {
      if (firstAtMs !== undefined) run();
    },
    cancel: forget,
  };
}
