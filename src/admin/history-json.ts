/** The history of a service as JSON, for the API and the command line alike. */
import type { ChangeJson, HistoryJson, HistoryRowJson } from "../api/history.ts";
import type { HistoryRow } from "../store/history/chain.ts";
import { type RecordedChange, recordedJson } from "../store/history/record.ts";
import { byHash, type RecordedValue } from "../store/history/recorded-value.ts";
import { rowsOf, type ServiceHistory } from "../store/read-history.ts";
import { shownText } from "./object-redaction.ts";
import { revisionNumber } from "./revision.ts";

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
