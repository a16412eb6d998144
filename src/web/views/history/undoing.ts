/** What can be undone from a row of the history: the last change, or everything since that row. */
import type { HistoryRowJson } from "../../../api/history.ts";

type HistoryRecord = Extract<HistoryRowJson, { kind: "record" }>;

export interface Undoing {
  /** `last`: what this record changed is put back. `back`: everything is as this record left it. */
  readonly kind: "last" | "back";
  readonly record: HistoryRecord;
  /** Id of the last change as it was shown: the undo holds only while there is no later one. */
  readonly expected: string;
}

/** `rows`: the newest first. Undefined: nothing can be put back from there. */
export function undoingOf(
  row: HistoryRowJson,
  rows: readonly HistoryRowJson[],
): Undoing | undefined {
  if (row.kind === "gap") return undefined;
  const last = rows.find(isChange);
  if (last === undefined || rows.indexOf(row) < rows.indexOf(last)) return undefined;
  return { kind: row === last ? "last" : "back", record: row, expected: last.id };
}

const isChange = (row: HistoryRowJson): row is HistoryRecord =>
  row.kind === "record" && row.changes.length > 0;
