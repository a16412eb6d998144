/** Before a change is undone: which one, and what that means. */
import type { HistoryRow } from "../../api/shapes.ts";
import { useApp } from "../../app-context.ts";
import { authorQuery } from "../../write/author.ts";
import { WriteDialog, type Written } from "../../write/write-dialog.tsx";

export interface UndoDialogProps {
  readonly service: string;
  readonly record: Extract<HistoryRow, { kind: "record" }>;
  readonly onClose: (written: boolean) => void;
}

export function UndoDialog({ service, record, onClose }: UndoDialogProps) {
  const { api, text, formats, me } = useApp();
  const write = (why: string) => {
    const query = authorQuery(me, why);
    query.set("to", record.id);
    return api.put<Written>(`/v1/history/${encodeURIComponent(service)}/undo?${query}`);
  };
  return (
    <WriteDialog
      title={text.history.ask(service)}
      confirm={text.write.confirm}
      danger
      write={write}
      onClose={onClose}
    >
      <p>
        <b lang="en">{record.why}</b>{" "}
        <span class="quiet">
          {formats.moment(record.at)} · {text.history.by(record.by)}
        </span>
      </p>
      <p>{text.history.what(record.changes.map(({ key }) => key).join(", "))}</p>
      <p>{text.history.means}</p>
    </WriteDialog>
  );
}
