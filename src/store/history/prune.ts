/** Which records of history go: by count and by age. The newest of every service stay. */
import { limits } from "../../config/limits.ts";
import { compareText } from "../../lib/compare-text.ts";
import { readHistoryKey, timeOfId } from "./record.ts";

export interface HistoryBounds {
  readonly recordsPerService: number;
  readonly records: number;
  readonly ageMs: number;
  readonly newest: number;
}

interface Aged {
  readonly key: string;
  readonly atMs: number;
  /** Of its service: 0 is the newest. */
  readonly rank: number;
}

/** Keys to delete, of each service the oldest first. What is no record of ours is left alone. */
export function prunableKeys(
  keys: Iterable<string>,
  nowMs: number,
  bounds: HistoryBounds = limits.history,
): readonly string[] {
  const records = ranked(keys).toSorted((a, b) => a.atMs - b.atMs || compareText(a.key, b.key));
  const isOver = ({ rank, atMs }: Aged): boolean =>
    rank >= bounds.recordsPerService || nowMs - atMs > bounds.ageMs;
  const mayGo = records.filter(({ rank }) => rank >= bounds.newest);
  const over = mayGo.filter(isOver);
  const excess = Math.max(0, records.length - over.length - bounds.records);
  const others = mayGo.filter((record) => !isOver(record)).slice(0, excess);
  return [...over, ...others].map(({ key }) => key);
}

function ranked(keys: Iterable<string>): readonly Aged[] {
  const byService = new Map<string, { readonly key: string; readonly atMs: number }[]>();
  for (const key of keys) {
    const parts = readHistoryKey(key);
    const atMs = parts === undefined ? undefined : timeOfId(parts.id);
    if (parts === undefined || atMs === undefined) continue;
    const ofService = byService.get(parts.service) ?? [];
    ofService.push({ key, atMs });
    byService.set(parts.service, ofService);
  }
  return [...byService.values()].flatMap((ofService) =>
    ofService
      .sort((a, b) => b.atMs - a.atMs || compareText(b.key, a.key))
      .map((record, rank) => ({ ...record, rank })),
  );
}
