/** One change: its author and reason, and before and after of each object. */
import type { ComponentChildren } from "preact";
import type { ChangeJson, HistoryRowJson } from "../../../api/history.ts";
import { useApp } from "../../app-context.ts";
import { type DiffLine, lineDiff, recordedText } from "./line-diff.ts";

export interface HistoryEntryProps {
  readonly row: HistoryRowJson;
  /** What can be done with it. */
  readonly children: ComponentChildren;
}

export function HistoryEntry({ row, children }: HistoryEntryProps) {
  const { text, formats } = useApp();
  return (
    <article>
      {row.kind === "record" ? (
        <header>
          {/* People write in what language they like. */}
          <h3>{row.why === "" ? text.history.noWhy : <span lang="">{row.why}</span>}</h3>
          <p class="quiet">
            <time dateTime={row.at}>{formats.moment(row.at)}</time> · {text.history.by(row.by)} ·{" "}
            {text.history.revision(formats.count(row.revision))}
          </p>
        </header>
      ) : (
        <header>
          <h3>{text.history.gap}</h3>
        </header>
      )}
      <ul class="changed-keys">
        {row.changes.map((change) => (
          <li key={change.key}>
            <code>{change.key}</code> {word(change, text.history)}
          </li>
        ))}
      </ul>
      <details>
        <summary data-control="show-diff">{text.history.show}</summary>
        {row.changes.map((change) => (
          <Diff key={change.key} change={change} />
        ))}
      </details>
      {children}
    </article>
  );
}

function word(
  { before, after }: ChangeJson,
  words: { readonly created: string; readonly removed: string; readonly changedKey: string },
): string {
  if (before === null) return words.created;
  return after === null ? words.removed : words.changedKey;
}

const marks: Readonly<Record<DiffLine["kind"], string>> = { same: " ", removed: "−", added: "+" };

function Diff({ change }: { readonly change: ChangeJson }) {
  const { text } = useApp();
  const lines = lineDiff(recordedText(change.before), recordedText(change.after));
  return (
    <figure class="diff">
      <figcaption>
        <code>{change.key}</code>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre tabIndex={0}>
        {lines.map(({ kind, text: line }, index) => (
          <span key={index} class={kind}>
            <span aria-hidden="true">{marks[kind]} </span>
            {kind !== "same" && <span class="unseen">{text.history.lines[kind]}: </span>}
            {`${line}\n`}
          </span>
        ))}
      </pre>
    </figure>
  );
}
