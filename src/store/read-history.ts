/** The history of one service as the store has it, and what its keys are now. */
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  type CurrentValues,
  type HistoryRow,
  historyRows,
  inOrder,
  recordedKeys,
  type StoredRecord,
} from "./history/chain.ts";
import { decodeRecord, historyPrefix, readHistoryKey } from "./history/record.ts";
import type { Entry, Store, StoreError, StoreState } from "./store.ts";

export interface ServiceHistory {
  /** The oldest first. */
  readonly records: readonly StoredRecord[];
  /** What the keys that the records tell of are now; undefined: not there. */
  readonly entries: ReadonlyMap<string, Entry | undefined>;
  /** Keys of records that cannot be read, each with the reason. */
  readonly broken: readonly BrokenRecord[];
}

export interface BrokenRecord {
  readonly key: string;
  readonly reason: string;
}

/**
 * Read again while somebody writes: otherwise a record that came between the reads would look like a
 * change without one.
 */
export async function readHistory(
  store: Store,
  service: string,
): Promise<Result<ServiceHistory, StoreError>> {
  for (let attempt = 1; ; attempt++) {
    const listed = await store.list(historyPrefix(service));
    if (!listed.ok) return listed;
    const { records, broken } = recordsIn(listed.value);
    const entries = await readAll(store, recordedKeys(records));
    if (!entries.ok) return entries;
    const isCalm = [...entries.value.values()].every(
      (entry) => entry === undefined || entry.modRevision <= listed.value.revision,
    );
    if (isCalm || attempt >= limits.history.readAttempts) {
      return ok({ records, entries: entries.value, broken });
    }
  }
}

/** The oldest first, with the changes that no record tells of. */
export const rowsOf = (history: ServiceHistory): readonly HistoryRow[] =>
  historyRows(history.records, currentValues(history));

export const currentValues = ({ entries }: ServiceHistory): CurrentValues =>
  new Map([...entries].map(([key, entry]) => [key, entry?.value]));

function recordsIn({ entries }: StoreState): Pick<ServiceHistory, "records" | "broken"> {
  const records: StoredRecord[] = [];
  const broken: BrokenRecord[] = [];
  for (const { key, value, createRevision: revision } of entries.values()) {
    const id = readHistoryKey(key)?.id;
    const record = id === undefined ? err("not the key of a record") : decodeRecord(id, value);
    if (record.ok) records.push({ record: record.value, revision });
    else broken.push({ key, reason: record.error });
  }
  return { records: inOrder(records), broken };
}

async function readAll(
  store: Store,
  keys: ReadonlySet<string>,
): Promise<Result<ReadonlyMap<string, Entry | undefined>, StoreError>> {
  const entries = new Map<string, Entry | undefined>();
  for (const key of keys) {
    const read = await store.get(key);
    if (!read.ok) return read;
    entries.set(key, read.value);
  }
  return ok(entries);
}
