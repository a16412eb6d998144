/** Resources as a table: a row a resource, by view and type. */
import type { ViewJson } from "../api/snapshot.ts";
import { plainText, tableText } from "./table.ts";

/** What is served, as `GET /v1/snapshot` tells it. */
export interface SnapshotJson {
  readonly revision: number | null;
  readonly views: readonly ViewJson[];
}

export function snapshotText({ revision, views }: SnapshotJson): string {
  const rows = views.flatMap(({ view, types }) =>
    types.flatMap(({ type, resources }) =>
      resources.map(({ name, version, origins }) => [
        plainText(view === "" ? "-" : view),
        type,
        plainText(name),
        plainText(version),
        originsText(origins),
      ]),
    ),
  );
  const missing = views.flatMap((each) =>
    each.missing.map((what) => `warning: view ${plainText(each.view)}: ${plainText(what)}\n`),
  );
  if (rows.length === 0) return `no such resource at revision ${revision ?? "none"}\n`;
  const table = tableText([["VIEW", "TYPE", "NAME", "VERSION", "FROM"], ...rows]);
  return `${table}${missing.length > 0 ? "\n" : ""}${missing.join("")}`;
}

const mostOrigins = 3;

function originsText(origins: readonly string[]): string {
  const more = origins.length - mostOrigins;
  const shown = origins.slice(0, mostOrigins).join(", ");
  return plainText(more > 0 ? `${shown} and ${more} more` : shown || "-");
}
