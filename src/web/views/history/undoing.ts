/** What can be undone from a row of the history: the last change, or everything since that row. */
import type { HistoryRowJson } from "../../../api/history.ts";

type HistoryRecord = Extract<HistoryRowJson, { kind: "record" }>;

export interface Undoing {
  /** `last`: what this record changed is put back. `back`: everything is as this record left it. */
  readonly kind: "last" | "back";
  readonly record: HistoryRecord;
}

/** `rows`: the newest first. Undefined: nothing can be put back from there. */
export function undoingOf(
  row: HistoryRowJson,
  rows: readonly HistoryRowJson[],
): Undoing | undefined {
  if (row.kind === "gap") return undefined;
  const last = rows.findIndex((each) => each.kind === "record" && each.changes.length > 0);
  const at = rows.indexOf(row);
  if (last === -1 || at < last) return undefined;
  return { kind: at === last ? "last" : "back", record: row };
}
