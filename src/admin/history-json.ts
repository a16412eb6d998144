/** The history of a service as JSON, for the API and the command line alike. */
import type { HistoryRow } from "../store/history/chain.ts";
import { type Evidence, type RecordedChange, recordedJson } from "../store/history/record.ts";
import { byHash, type RecordedValue } from "../store/history/recorded-value.ts";
import { type BrokenRecord, rowsOf, type ServiceHistory } from "../store/read-history.ts";
import { shownText } from "./object-redaction.ts";
import { revisionNumber } from "./revision.ts";

export interface HistoryJson {
  readonly service: string;
  /** The newest first. */
  readonly rows: readonly HistoryRowJson[];
  /** Records that cannot be read. */
  readonly broken: readonly BrokenRecord[];
}

export type HistoryRowJson =
  | {
      readonly kind: "record";
      readonly id: string;
      readonly revision: number;
      readonly at: string;
      readonly by: string;
      readonly why: string;
      readonly changes: readonly ChangeJson[];
      readonly evidence?: Evidence;
    }
  /** A change past serin, which no record tells of. */
  | { readonly kind: "gap"; readonly changes: readonly ChangeJson[] };

export interface ChangeJson {
  readonly key: string;
  /** null: there was nothing. A value that is too long is told by its hash. */
  readonly before: ReturnType<typeof recordedJson>;
  readonly after: ReturnType<typeof recordedJson>;
}

export function historyJson(service: string, history: ServiceHistory): HistoryJson {
  const rows = rowsOf(history).toReversed().map(rowJson);
  return { service, rows, broken: history.broken };
}

function rowJson(row: HistoryRow): HistoryRowJson {
  if (row.kind === "gap") return { kind: "gap", changes: [changeJson(row)] };
  const { id, atMs, by, why, changes, evidence } = row.record;
  return {
    kind: "record",
    id,
    revision: revisionNumber(row.revision),
    at: new Date(atMs).toISOString(),
    by,
    why,
    changes: changes.map(changeJson),
    ...(evidence !== undefined && { evidence }),
  };
}

const changeJson = ({ key, before, after }: RecordedChange): ChangeJson => ({
  key,
  before: shown(key, before),
  after: shown(key, after),
});

/** A record repeats the value whole, since an undo needs it; whoever looks sees no secret. */
function shown(key: string, value: RecordedValue): ChangeJson["before"] {
  if (value.kind !== "text") return recordedJson(value);
  return shownText(key, value.text) ?? recordedJson(byHash(value));
}
