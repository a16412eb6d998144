/** Time as the shell sees it. The core takes `now` as an argument and never asks. */
export interface Clock {
  /** Monotonic milliseconds: for durations and deadlines, never for display. */
  monotonicMs(): number;
  /** Wall-clock milliseconds since the epoch: for display and records, never for durations. */
  wallMs(): number;
  /** Calls `task` once after `ms`, which may be Infinity; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (ms, task) => {
    // A timer is a millisecond at the least.
    if (ms <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    return later(ms, task);
  },
};

/** Of node's timers, ms: a longer one fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

function later(ms: number, task: () => void): () => void {
  const rest = ms - longestTimerMs;
  let cancel = (): void => clearTimeout(timer);
  const goOn = (): void => {
    cancel = later(rest, task);
  };
  const timer = rest > 0 ? setTimeout(goOn, longestTimerMs) : setTimeout(task, ms);
  return () => cancel();
}
