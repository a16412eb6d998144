/** Who has written weights, by the record of history that is in the same revision, if it is there still. */
import type { ServiceName } from "../model/names.ts";
import { decodeRecord, historyPrefix, readHistoryKey } from "../store/history/record.ts";
import type { Entry } from "../store/store.ts";

export class WeightWriters {
  /** A write and its record come together, so what was found once stays true of the write. */
  readonly #known = new WeakMap<Entry, string | undefined>();

  /** Looks through all entries once for each write of weights, however often it is asked. */
  of(
    service: ServiceName,
    weights: Entry | undefined,
    entries: ReadonlyMap<string, Entry>,
  ): string | undefined {
    if (weights === undefined) return undefined;
    if (!this.#known.has(weights)) this.#known.set(weights, writerOf(service, weights, entries));
    return this.#known.get(weights);
  }
}

function writerOf(
  service: ServiceName,
  { modRevision }: Entry,
  entries: ReadonlyMap<string, Entry>,
): string | undefined {
  const prefix = historyPrefix(service);
  for (const entry of entries.values()) {
    if (entry.modRevision !== modRevision || !entry.key.startsWith(prefix)) continue;
    const record = decodeRecord(readHistoryKey(entry.key)?.id ?? "", entry.value);
    if (record.ok) return record.value.by;
  }
  return undefined;
}
