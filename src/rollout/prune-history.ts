/** Records of history that are too many or too old go, a few at a time. */
import { limits } from "../config/limits.ts";
import { ok, type Result } from "../lib/result.ts";
import { prunableKeys } from "../store/history/prune.ts";
import type { Compare, Store, StoreError } from "../store/store.ts";

/**
 * One step, of bounded size. `keys`: of all records, as the watch tells them. Returns how many are
 * still to go; a term that is over deletes nothing.
 */
export async function pruneHistory(
  store: Store,
  term: Compare,
  keys: Iterable<string>,
  nowMs: number,
): Promise<Result<{ readonly pruned: number; readonly left: number }, StoreError>> {
  const prunable = prunableKeys(keys, nowMs);
  const now = prunable.slice(0, limits.history.prunedAtOnce);
  if (now.length === 0) return ok({ pruned: 0, left: 0 });
  const outcome = await store.transact({
    compare: [term],
    writes: now.map((key) => ({ kind: "delete", key })),
  });
  if (!outcome.ok) return outcome;
  const pruned = outcome.value.committed ? now.length : 0;
  return ok({ pruned, left: prunable.length - pruned });
}
