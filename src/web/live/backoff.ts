/** How long the page waits before it asks for the stream of events again. */

const firstMs = 500;
const mostMs = 15_000;

/** `failures`: in a row, from 1; `chance`: 0 to 1. Pages that lost the same server do not come back as one. */
export function backoffMs(failures: number, chance: number): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(ceiling * (0.5 + chance / 2));
}
