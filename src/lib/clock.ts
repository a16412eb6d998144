/** Time as the shell sees it. The core takes `now` as an argument and never asks. */
export interface Clock {
  /** Monotonic milliseconds: for durations and deadlines, never for display. */
  monotonicMs(): number;
  /** Wall-clock milliseconds since the epoch: for display and records, never for durations. */
  wallMs(): number;
  /** Calls `task` once after `ms`; the returned function cancels it. */
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
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
