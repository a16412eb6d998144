/** Route objects, a row for each rule. */
import { useApp } from "../../app-context.ts";
import { Table } from "../../parts/table.tsx";
import type { RouteRow, RuleRow } from "./route-rows.ts";

export function RouteTable({ rows }: { readonly rows: readonly RouteRow[] }) {
  const { text } = useApp();
  const { routes } = text;
  return (
    <Table caption={routes.title} head={[routes.object, routes.hosts, routes.matches, routes.goes]}>
      {rows.flatMap((row) =>
        (row.rules.length === 0 ? [undefined] : row.rules).map((rule, index) => (
          <tr key={`${row.key} ${index}`}>
            <th scope="row">
              <code>{row.key}</code> <span class="quiet">{row.kind}</span>
            </th>
            <td>{row.hosts.length === 0 ? routes.anyHost : row.hosts.join(", ")}</td>
            <td>
              <Matches rule={rule} />
            </td>
            <td>
              <Goes rule={rule} broken={row.broken} />
            </td>
          </tr>
        )),
      )}
    </Table>
  );
}

function Matches({ rule }: { readonly rule: RuleRow | undefined }) {
  const { text } = useApp();
  const matches = rule?.matches ?? [];
  if (matches.length === 0) return <>{text.routes.anyRequest}</>;
  return (
    <ul class="plain">
      {matches.map((match) => (
        <li key={match}>
          <code>{match}</code>
        </li>
      ))}
    </ul>
  );
}

interface GoesProps {
  readonly rule: RuleRow | undefined;
  readonly broken: string | null;
}

function Goes({ rule, broken }: GoesProps) {
  const { formats } = useApp();
  if (broken !== null) {
    return (
      <span class="bad-text" lang="en">
        {broken}
      </span>
    );
  }
  return (
    <ul class="plain">
      {rule?.backends.map(({ name, percent }) => (
        <li key={name}>
          {name} <b>{formats.percent(percent)}</b>
        </li>
      ))}
      {rule?.filters.map((filter) => (
        <li key={filter} class="quiet">
          {filter}
        </li>
      ))}
    </ul>
  );
}
