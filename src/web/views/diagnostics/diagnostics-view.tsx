/** What serin has to say against objects. */
import type { DiagnosticJson } from "../../../api/problem.ts";
import { useApp, useLive } from "../../app-context.ts";
import { useResource } from "../../live/use-resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { Loaded } from "../../parts/loaded.tsx";
import { Table } from "../../parts/table.tsx";

export function DiagnosticsView() {
  const { text } = useApp();
  const { edition } = useLive();
  const told = useResource("GET /v1/diagnostics", {}, edition);
  return (
    <Loaded resource={told}>
      {(diagnostics) =>
        diagnostics.length === 0 ? (
          <p class="card">{text.diagnostics.none}</p>
        ) : (
          <section class="card" aria-label={text.diagnostics.title}>
            <p>{text.diagnostics.lead}</p>
            <DiagnosticTable diagnostics={diagnostics} />
          </section>
        )
      }
    </Loaded>
  );
}

function DiagnosticTable({ diagnostics }: { readonly diagnostics: readonly DiagnosticJson[] }) {
  const { text } = useApp();
  const { columns, severity: words } = text.diagnostics;
  const sorted = [...diagnostics].sort((a, b) => (a.severity < b.severity ? -1 : 1));
  return (
    <Table
      caption={text.diagnostics.title}
      head={[columns.severity, columns.key, columns.path, columns.message, columns.code]}
    >
      {sorted.map(({ severity, key, path, message, code }) => (
        <tr key={`${key} ${path} ${code} ${message}`}>
          <td>
            <Badge tone={severity === "error" ? "bad" : "warn"}>{words[severity]}</Badge>
          </td>
          <th scope="row">
            <code>{key}</code>
          </th>
          <td>{path === "" ? "–" : <code>{path}</code>}</td>
          <td lang="en" class="wide">
            {message}
          </td>
          <td>
            <code>{code}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
}
