/**
 * The history of a service as a chain: what a key was before a change is what the change before it
 * made of it. Where it is not, somebody has written past serin (`etcdctl put`), and the chain says so.
 */
import { compareText } from "../../lib/compare-text.ts";
import type { HistoryRecord, RecordedChange } from "./record.ts";
import { type RecordedValue, recordedValue, sameValue } from "./recorded-value.ts";

export interface StoredRecord {
  readonly record: HistoryRecord;
  /** Of the store, at which the record and its changes were written. */
  readonly revision: bigint;
}

export type HistoryRow =
  | ({ readonly kind: "record" } & StoredRecord)
  /** A change that no record tells of, between the rows around it. */
  | ({ readonly kind: "gap" } & RecordedChange);

/** What a key is now; undefined where it is not there. */
export type CurrentValues = ReadonlyMap<string, Uint8Array | undefined>;

/**
 * In the order in which they were written. A folder of files gives all keys that were there at the
 * start the same revision; their ids tell the time.
 */
export const inOrder = (records: readonly StoredRecord[]): readonly StoredRecord[] =>
  records.toSorted((a, b) => {
    if (a.revision !== b.revision) return a.revision < b.revision ? -1 : 1;
    return compareText(a.record.id, b.record.id);
  });

/** Of `records` in order, the oldest first, and so are the rows. Keys that `current` lacks end open. */
export function historyRows(
  records: readonly StoredRecord[],
  current: CurrentValues,
): readonly HistoryRow[] {
  const last = new Map<string, RecordedValue>();
  const rows: HistoryRow[] = [];
  for (const stored of records) {
    for (const { key, before, after } of stored.record.changes) {
      rows.push(...gapBetween(key, last.get(key), before));
      last.set(key, after);
    }
    rows.push({ kind: "record", ...stored });
  }
  for (const [key, value] of current) {
    rows.push(...gapBetween(key, last.get(key), recordedValue(value)));
  }
  return rows;
}

function gapBetween(
  key: string,
  before: RecordedValue | undefined,
  after: RecordedValue,
): readonly HistoryRow[] {
  if (before === undefined || sameValue(before, after)) return [];
  return [{ kind: "gap", key, before, after }];
}

/** Keys that the records tell of. */
export const recordedKeys = (records: readonly StoredRecord[]): ReadonlySet<string> =>
  new Set(records.flatMap(({ record }) => record.changes.map(({ key }) => key)));
