/**
 * Every write goes through it: what will happen, why (for the history), and after it how many proxies have
 * acknowledged. Nothing is written before "confirm".
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { Answer } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";
import { useApp } from "../app-context.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { ProblemNote } from "../parts/problem-note.tsx";
import { type Acknowledged, watchAcknowledged } from "./acknowledge.ts";
import { AcknowledgedNote } from "./acknowledged-note.tsx";

export interface Written {
  readonly revision: number;
  readonly message?: string;
}

export interface WriteDialogProps {
  readonly title: string;
  /** What it means, before it is confirmed. */
  readonly children: ComponentChildren;
  /** What is written on the button. */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly write: (why: string) => Promise<Answer<Written>>;
  readonly onClose: (written: boolean) => void;
}

type Stage =
  | { readonly kind: "asking"; readonly problem?: Problem }
  | { readonly kind: "writing" }
  | { readonly kind: "written"; readonly written: Written };

export function WriteDialog(props: WriteDialogProps) {
  const { title, children, confirm, danger = false, write, onClose } = props;
  const { text } = useApp();
  const [stage, setStage] = useState<Stage>({ kind: "asking" });
  const [why, setWhy] = useState("");
  const id = useId();
  const send = async (): Promise<void> => {
    setStage({ kind: "writing" });
    const answer = await write(why.trim());
    if (answer.ok) setStage({ kind: "written", written: answer.value });
    else setStage({ kind: "asking", problem: answer.problem });
  };
  if (stage.kind === "written") {
    return (
      <Dialog title={title} onClose={() => onClose(true)}>
        <AfterWrite written={stage.written} />
        <div class="actions">
          <Button kind="first" name="dialog-close" onPress={() => onClose(true)}>
            {text.write.close}
          </Button>
        </div>
      </Dialog>
    );
  }
  const { problem } = stage.kind === "asking" ? stage : {};
  const isChanged = problem?.code === "precondition-failed" || problem?.code === "conflict";
  return (
    <Dialog title={title} onClose={() => onClose(false)}>
      {children}
      <label class="field" for={id}>
        <span>{text.write.why}</span>
        <input
          id={id}
          data-control="why"
          value={why}
          maxLength={200}
          onInput={(event) => setWhy(event.currentTarget.value)}
        />
      </label>
      {problem !== undefined && (
        <ProblemNote problem={problem} title={isChanged ? text.write.changed : text.write.failed} />
      )}
      <div class="actions">
        <Button name="dialog-cancel" onPress={() => onClose(false)}>
          {text.write.cancel}
        </Button>
        <Button
          kind={danger ? "danger" : "first"}
          name="dialog-confirm"
          reason={stage.kind === "writing" ? text.write.writing : null}
          onPress={() => void send()}
        >
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}

function AfterWrite({ written }: { readonly written: Written }) {
  const { api, text, formats } = useApp();
  const [said, setSaid] = useState<Acknowledged>();
  const { revision, message } = written;
  useEffect(() => {
    const going = new AbortController();
    void watchAcknowledged(api, revision, setSaid, going.signal);
    return () => going.abort();
  }, [api, revision]);
  return (
    <div class="after-write">
      <p>
        {text.write.written(formats.count(revision))}
        {message !== undefined && <span lang="en"> {message}</span>}
      </p>
      <AcknowledgedNote said={said} />
    </div>
  );
}
