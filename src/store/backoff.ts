/** Exponential back-off with full jitter, so that replicas do not return all at once. */
export interface BackoffBounds {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** Delay in ms before attempt `attempt` (0 is the first); `random` is in [0, 1). */
export function backoffMs(attempt: number, bounds: BackoffBounds, random: number): number {
  const cap = Math.min(bounds.backoffMaxMs, bounds.backoffMinMs * 2 ** Math.min(attempt, 30));
  return Math.max(bounds.backoffMinMs, Math.floor(cap * random));
}
