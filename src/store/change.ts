/** Differences between two states of a store, and their application: pure. */
import type { Entry, StoreChange } from "./store.ts";

/**
 * What turns `before` into `after`. Values are compared too, because after a restore of an old
 * snapshot the same revision may stand for other bytes.
 */
export function difference(
  before: ReadonlyMap<string, Entry>,
  after: ReadonlyMap<string, Entry>,
  revision: bigint,
): StoreChange {
  const puts: Entry[] = [];
  for (const entry of after.values()) {
    const old = before.get(entry.key);
    if (old === undefined || !sameEntry(old, entry)) puts.push(entry);
  }
  const deletes: string[] = [];
  for (const key of before.keys()) {
    if (!after.has(key)) deletes.push(key);
  }
  return { revision, puts, deletes };
}

export const isEmptyChange = (change: StoreChange): boolean =>
  change.puts.length === 0 && change.deletes.length === 0;

export function applyChange(entries: Map<string, Entry>, change: StoreChange): void {
  for (const key of change.deletes) entries.delete(key);
  for (const entry of change.puts) entries.set(entry.key, entry);
}

function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.modRevision === b.modRevision &&
    a.createRevision === b.createRevision &&
    sameBytes(a.value, b.value)
  );
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
