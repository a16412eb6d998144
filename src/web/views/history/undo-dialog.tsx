/** Before a change is undone: which one, and what that means. */
import { useApp } from "../../app-context.ts";
import { authorQuery } from "../../write/author.ts";
import { WriteDialog, type WriteEnd } from "../../write/write-dialog.tsx";
import type { Undoing } from "./undoing.ts";

export interface UndoDialogProps {
  readonly service: string;
  readonly undoing: Undoing;
  readonly onClose: (end: WriteEnd) => void;
}

export function UndoDialog({ service, undoing, onClose }: UndoDialogProps) {
  const { api, text, formats, me } = useApp();
  const { kind, record, expected } = undoing;
  const isBack = kind === "back";
  const write = (why: string) => {
    const query = { ...authorQuery(me, why), expected, ...(isBack && { to: record.id }) };
    return api.call("PUT /v1/history/{service}/undo", { params: { service }, query });
  };
  return (
    <WriteDialog
      title={isBack ? text.history.askBack(service) : text.history.ask(service)}
      confirm={text.write.confirm}
      danger
      write={write}
      onClose={onClose}
    >
      <p>
        <b lang="">{record.why}</b>{" "}
        <span class="quiet">
          {formats.moment(record.at)} · {text.history.by(record.by)}
        </span>
      </p>
      {isBack && <p>{text.history.meansBack}</p>}
      <p>{text.history.what(record.changes.map(({ key }) => key).join(", "))}</p>
      <p>{text.history.means}</p>
    </WriteDialog>
  );
}
