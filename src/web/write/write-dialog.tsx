/**
 * Every write goes through it: what will happen, why (for the history), and after it how many proxies have
 * acknowledged. Nothing is written before "confirm".
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Answer } from "../api/api.ts";
import type { Problem } from "../api/problem.ts";
import { useApp } from "../app-context.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { ProblemNote } from "../parts/problem-note.tsx";
import { type Acknowledged, watchAcknowledged } from "./acknowledge.ts";
import { AcknowledgedNote } from "./acknowledged-note.tsx";
import { writeFailure } from "./write-failure.ts";

export interface Written {
  readonly revision: number;
  readonly message?: string;
}

export type WriteEnd =
  | "written"
  /** What is behind the dialog is to be read again: it was written perhaps, or is no longer as it was shown. */
  | "lookAgain"
  | "cancelled";

export interface WriteDialogProps {
  readonly title: string;
  /** What it means, before it is confirmed. */
  readonly children: ComponentChildren;
  /** What is written on the button. */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly write: (why: string) => Promise<Answer<Written>>;
  readonly onClose: (end: WriteEnd) => void;
}

type Stage =
  | { readonly kind: "asking"; readonly problem?: Problem }
  | { readonly kind: "writing" }
  | { readonly kind: "written"; readonly written: Written };

export function WriteDialog(props: WriteDialogProps) {
  const { title, children, write, onClose } = props;
  const { text, formats, announce } = useApp();
  const [stage, setStage] = useState<Stage>({ kind: "asking" });
  const [why, setWhy] = useState("");
  const isClosed = useRef(false);
  const send = async (): Promise<void> => {
    setStage({ kind: "writing" });
    const answer = await write(why.trim());
    if (answer.ok) setStage({ kind: "written", written: answer.value });
    else setStage({ kind: "asking", problem: answer.problem });
    // Nobody sees the dialog any more: what has become of it is said all the same.
    if (!isClosed.current) return;
    announce(
      answer.ok
        ? text.write.written(formats.count(answer.value.revision))
        : text.write.failures[writeFailure(answer.problem)],
    );
  };
  const close = (): void => {
    isClosed.current = true;
    onClose(endOf(stage));
  };
  if (stage.kind === "written") {
    return (
      <Dialog title={title} onClose={close}>
        <AfterWrite written={stage.written} />
        <div class="actions">
          <Button kind="first" name="dialog-close" onPress={close}>
            {text.write.close}
          </Button>
        </div>
      </Dialog>
    );
  }
  const problem = stage.kind === "asking" ? stage.problem : undefined;
  return (
    <Dialog title={title} onClose={close}>
      {children}
      <Why value={why} onChange={setWhy} />
      {problem !== undefined && (
        <ProblemNote problem={problem} title={text.write.failures[writeFailure(problem)]} />
      )}
      {stage.kind === "writing" && (
        <p class="quiet" role="status">
          {text.write.underWay}
        </p>
      )}
      <Actions {...props} stage={stage} onSend={() => void send()} onEnd={close} />
    </Dialog>
  );
}

function endOf(stage: Stage): WriteEnd {
  if (stage.kind === "written") return "written";
  if (stage.kind === "writing" || mustLook(stage.problem)) return "lookAgain";
  return "cancelled";
}

/** What was shown is old, or may be: to confirm it once more would be blind. */
const mustLook = (problem: Problem | undefined): boolean =>
  problem !== undefined && writeFailure(problem) !== "refused";

function Why({ value, onChange }: { readonly value: string; onChange(value: string): void }) {
  const { text } = useApp();
  const id = useId();
  return (
    <label class="field" for={id}>
      <span>{text.write.why}</span>
      <input
        id={id}
        data-control="why"
        value={value}
        maxLength={200}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

interface ActionsProps extends Pick<WriteDialogProps, "confirm" | "danger"> {
  readonly stage: Exclude<Stage, { readonly kind: "written" }>;
  readonly onSend: () => void;
  readonly onEnd: () => void;
}

function Actions({ confirm, danger = false, stage, onSend, onEnd }: ActionsProps) {
  const { text } = useApp();
  const isWriting = stage.kind === "writing";
  if (!isWriting && mustLook(stage.problem)) {
    return (
      <div class="actions">
        <Button kind="first" name="look-again" onPress={onEnd}>
          {text.write.readAgain}
        </Button>
      </div>
    );
  }
  return (
    <div class="actions">
      <Button name={isWriting ? "dialog-close" : "dialog-cancel"} onPress={onEnd}>
        {isWriting ? text.write.close : text.write.cancel}
      </Button>
      <Button
        kind={danger ? "danger" : "first"}
        name="dialog-confirm"
        reason={isWriting ? text.write.writing : null}
        onPress={onSend}
      >
        {confirm}
      </Button>
    </div>
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
