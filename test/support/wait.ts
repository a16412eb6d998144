import { setTimeout as pause } from "node:timers/promises";

export interface EventuallyOptions {
  /** What is waited for, as the end of "timed out waiting for …". */
  readonly what: string;
  /** Default 5,000. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly intervalMs?: number;
}

/**
 * Repeats `check` until it returns something else than false or undefined without throwing, and
 * returns that. For conditions with no event to await; the failure tells the last error or value.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions,
): Promise<Exclude<T, false | undefined>> {
  const { what, timeoutMs = 5_000, intervalMs = 20 } = options;
  const start = performance.now();
  for (let attempts = 1; ; attempts++) {
    let last: string;
    try {
      const value = await check();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
      last = `last value: ${String(value)}`;
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    const elapsed = performance.now() - start;
    if (elapsed >= timeoutMs) {
      const spent = `${Math.round(elapsed)} ms, ${attempts} attempts`;
      throw new Error(`timed out waiting for ${what} (${spent}); ${last}`);
    }
    await pause(intervalMs);
  }
}
