/**
 * Runs `task` once for a burst of calls: after `quietMs` without a call, and at the latest `maxMs`
 * after the first one, so that a steady stream of changes cannot starve it. After a run it rests for
 * as long as the run took, within the same maximum: under constant change the task has at most half
 * of the thread, and the rest is for those whom its results are sent to.
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
  let lastAtMs = 0;
  let restsUntilMs = 0;
  let cancelTimer = (): void => {};
  const forget = (): void => {
    cancelTimer();
    firstAtMs = undefined;
  };
  const arm = (): void => {
    if (firstAtMs === undefined) return;
    cancelTimer();
    const quietAtMs = Math.max(lastAtMs + times.quietMs, restsUntilMs);
    const dueAtMs = Math.min(quietAtMs, firstAtMs + times.maxMs);
    cancelTimer = clock.after(Math.max(0, dueAtMs - clock.monotonicMs()), run);
  };
  const run = (): void => {
    forget();
    const beganMs = clock.monotonicMs();
    try {
      task();
    } finally {
      const endedMs = clock.monotonicMs();
      restsUntilMs = endedMs + (endedMs - beganMs);
      // What came meanwhile did not know of this rest.
      arm();
    }
  };
  return {
    poke() {
      lastAtMs = clock.monotonicMs();
      firstAtMs ??= lastAtMs;
      arm();
    },
    flush() {
      if (firstAtMs !== undefined) run();
    },
    cancel: forget,
  };
}
