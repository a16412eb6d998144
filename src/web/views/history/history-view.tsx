/** Who changed what of a service, when and why, with what it was before; and the way back. */
import { useState } from "preact/hooks";
import { useApp, useLive, useRoleReason } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Button } from "../../parts/button.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { HistoryEntry } from "./history-entry.tsx";
import { UndoDialog } from "./undo-dialog.tsx";
import { type Undoing, undoingOf } from "./undoing.ts";

export function HistoryView({ service }: { readonly service: string }) {
  const { text } = useApp();
  const { edition } = useLive();
  const role = useRoleReason("operator");
  const [undoing, setUndoing] = useState<Undoing>();
  const history = useResource("GET /v1/history/{service}", { params: { service } }, edition);
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
                    <UndoButton of={undoingOf(row, rows)} reason={role} onPress={setUndoing} />
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
          undoing={undoing}
          onClose={(end) => {
            setUndoing(undefined);
            if (end !== "cancelled") history.reload();
          }}
        />
      )}
    </section>
  );
}

interface UndoButtonProps {
  readonly of: Undoing | undefined;
  readonly reason: string | null;
  readonly onPress: (undoing: Undoing) => void;
}

function UndoButton({ of, reason, onPress }: UndoButtonProps) {
  const { text } = useApp();
  if (of === undefined) return null;
  const name = of.kind === "last" ? "undo" : "go-back";
  return (
    <Button name={name} reason={reason} onPress={() => onPress(of)}>
      {of.kind === "last" ? text.history.undoLast : text.history.goBack}
    </Button>
  );
}
