/** Deletes what was put first, where there is more than `max`: to be called after each put. */
export function dropOldest<K>(
  kept: Pick<ReadonlySet<K>, "size" | "keys"> & { delete(key: K): boolean },
  max: number,
  onDropped?: (key: K) => void,
): void {
  if (kept.size <= max) return;
  const oldest = kept.keys().next();
  if (oldest.done) return;
  kept.delete(oldest.value);
  onDropped?.(oldest.value);
}
