/** Deletes what was put first, where there is more than `max`: to be called after each put. */
export function dropOldest<K>(
  kept: Pick<ReadonlySet<K>, "size" | "keys"> & { delete(key: K): boolean },
  max: number,
): void {
  if (kept.size <= max) return;
  const oldest = kept.keys().next();
  if (!oldest.done) kept.delete(oldest.value);
}
