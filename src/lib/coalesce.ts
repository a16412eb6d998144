/**
 * Runs `task` once for a burst of calls: after `quietMs` without a call, and at the latest `maxMs`
 * after the first one, so that a steady stream of changes cannot starve it. After a run it rests for
 * as long as the run took, within the same maximum: under constant change the task has at most half
 * of the thread, and the rest is for those whom its results are sent to. An eager one does not wait
 * to see whether a call that comes after a quiet time is the first of a burst.
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
  readonly eager?: boolean;
}

export function coalesce(clock: Clock, times: CoalesceTimes, task: () => void): Coalescer {
  let firstAtMs: number | undefined;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  /** The call that waits came after a quiet time, and no other since. */
  let isAlone = false;
  let restsUntilMs = 0;
  let cancelTimer = (): void => {};
  const forget = (): void => {
    cancelTimer();
    firstAtMs = undefined;
  };
  const arm = (): void => {
    if (firstAtMs === undefined) return;
    cancelTimer();
    const quietMs = isAlone ? 0 : times.quietMs;
    const quietAtMs = Math.max(lastAtMs + quietMs, restsUntilMs);
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
      const nowMs = clock.monotonicMs();
      const wasQuiet = nowMs - lastAtMs >= times.quietMs;
      isAlone = times.eager === true && firstAtMs === undefined && wasQuiet;
      lastAtMs = nowMs;
      firstAtMs ??= nowMs;
      arm();
    },
    flush() {
      if (firstAtMs !== undefined) run();
    },
    cancel: forget,
  };
}
