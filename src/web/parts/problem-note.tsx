/** A problem of the API as people read it, with what serin says of each field. */
import type { DiagnosticJson } from "../../api/problem.ts";
import type { Problem } from "../api/problem.ts";
import { useApp } from "../app-context.ts";

export function ProblemNote({
  problem,
  title,
}: {
  readonly problem: Problem;
  readonly title?: string;
}) {
  const { text } = useApp();
  const { detail, diagnostics } = problem;
  return (
    <div class="note bad" role="alert">
      <strong>{title ?? text.problem.title}</strong>
      {detail === "" ? <p>{text.problem.network}</p> : <p lang="en">{detail}</p>}
      <DiagnosticList diagnostics={diagnostics} />
    </div>
  );
}

export function DiagnosticList({
  diagnostics,
}: {
  readonly diagnostics: readonly DiagnosticJson[];
}) {
  const { text } = useApp();
  if (diagnostics.length === 0) return null;
  return (
    <ul class="diagnostics">
      {diagnostics.map(({ severity, key, path, message, code }) => (
        <li key={`${key} ${path} ${code} ${message}`} class={severity}>
          <b>{text.diagnostics.severity[severity]}</b>{" "}
          <span lang="en">
            <code>{path === "" ? key : `${key} ${path}`}</code> {message}
          </span>
        </li>
      ))}
    </ul>
  );
}
