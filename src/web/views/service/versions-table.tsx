/** The versions of a service side by side, in numbers. */
import type { ServiceSummary } from "../../../api/services.ts";
import { useApp } from "../../app-context.ts";
import { Table } from "../../parts/table.tsx";
import { type VersionColumn, VersionRows } from "./version-rows.tsx";

const shown = [
  ...(["share", "weight", "instances"] as const),
  ...(["rate", "errors", "p50", "p99", "heard"] as const),
] satisfies readonly VersionColumn[];

export function VersionsTable({ summary }: { readonly summary: ServiceSummary }) {
  const { text } = useApp();
  const { columns, versions } = text.service;
  return (
    <Table
      caption={versions}
      head={[columns.version, ...shown.map((column) => columns[column])]}
      numeric={shown.map((_, index) => index + 1)}
    >
      <VersionRows summary={summary} shown={shown} />
    </Table>
  );
}
