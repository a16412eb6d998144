/** A problem of the API as people read it, with what serin says of each field. */
import type { Problem } from "../api/api.ts";
import type { Diagnostic } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";

export function ProblemNote({
  problem,
  title,
}: {
  readonly problem: Problem;
  readonly title?: string;
}) {
  const { text, formats } = useApp();
  const { status, detail, diagnostics } = problem;
  const what =
    status === 0
      ? text.problem.network
      : detail === ""
        ? text.problem.odd(formats.count(status))
        : detail;
  return (
    <div class="note bad" role="alert">
      <strong>{title ?? text.problem.title}</strong>
      <p lang={status === 0 ? undefined : "en"}>{what}</p>
      <DiagnosticList diagnostics={diagnostics} />
    </div>
  );
}

export function DiagnosticList({ diagnostics }: { readonly diagnostics: readonly Diagnostic[] }) {
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
