/** Points of figures over the last 15 minutes, of the past and of the stream, as one row. */
import type { FigurePoint } from "../../api/services.ts";

export const windowMs = 15 * 60_000;

/** In the order of time, each time once (what was said later counts), no more than the window. */
export function mergePoints(
  known: readonly FigurePoint[],
  said: readonly FigurePoint[],
): readonly FigurePoint[] {
  const byTime = new Map([...known, ...said].map((point) => [point.atMs, point]));
  const sorted = [...byTime.values()].sort((a, b) => a.atMs - b.atMs);
  const newest = sorted.at(-1)?.atMs ?? 0;
  return sorted.filter(({ atMs }) => atMs > newest - windowMs);
}
