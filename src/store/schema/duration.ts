/**
 * Durations as the Gateway API writes them: `5s`, `100ms`, `1h30m`.
 * https://gateway-api.sigs.k8s.io/geps/gep-2257/
 */
export const durationPattern = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;

const partPattern = /([0-9]+)(ms|h|m|s)/g;
const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Milliseconds of a text that fits `durationPattern`. */
export function durationMs(text: string): number {
  let total = 0;
  for (const [, count = "0", unit = "ms"] of text.matchAll(partPattern)) {
    total += Number(count) * (unitMs[unit] ?? 0);
  }
  return total;
}
