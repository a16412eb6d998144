/** Who changed what of a service, when and why, with what it was before; and the way back. */
import { useState } from "preact/hooks";
import type { HistoryRow, HistoryView as Told } from "../../api/shapes.ts";
import { useApp, useLive, useRoleReason } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Button } from "../../parts/button.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { HistoryEntry } from "./history-entry.tsx";
import { UndoDialog } from "./undo-dialog.tsx";

type HistoryRecord = Extract<HistoryRow, { kind: "record" }>;

export function HistoryView({ service }: { readonly service: string }) {
  const { text } = useApp();
  const { edition } = useLive();
  const role = useRoleReason("operator");
  const [undoing, setUndoing] = useState<HistoryRecord>();
  const path = `/v1/history/${encodeURIComponent(service)}`;
  const history = useResource<Told>(path, edition);
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">{text.history.title}</h2>
      <Loaded resource={history}>
        {({ rows }) =>
          rows.length === 0 ? (
            <p class="quiet">{text.history.none}</p>
          ) : (
            <ol class="history">
              {rows.map((row, index) => (
                <li key={row.kind === "record" ? row.id : `gap ${rows.length - index}`}>
                  <HistoryEntry row={row}>
                    {row.kind === "record" && (
                      <Button name="undo" reason={role} onPress={() => setUndoing(row)}>
                        {isFirst(row, rows) ? text.history.undoLast : text.history.undoTo}
                      </Button>
                    )}
                  </HistoryEntry>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      {undoing !== undefined && (
        <UndoDialog
          service={service}
          record={undoing}
          onClose={(written) => {
            setUndoing(undefined);
            if (written) history.reload();
          }}
        />
      )}
    </section>
  );
}

const isFirst = (row: HistoryRecord, rows: readonly HistoryRow[]): boolean =>
  rows.find(({ kind }) => kind === "record") === row;
