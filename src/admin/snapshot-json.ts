/** Rows of resources as the API tells them, by view and type. */
import type { ViewJson } from "../api/snapshot.ts";
import { missingReferences, shortName, type TypeUrl, typeUrls } from "../index.ts";
import { redact } from "./redact.ts";
import { resourceBody } from "./resource-body.ts";
import type { Row, ShownTable, ShownView } from "./snapshot-rows.ts";

/** The secrets of clusters are left out of views of everything (docs/adr/0015). */
const isLeftOut = ({ key }: ShownView, typeUrl: TypeUrl): boolean =>
  key.startsWith("all:") && typeUrl === typeUrls.secret;

/** Rows of one view, and in it those of one type, follow each other. */
export function viewsJson(
  rows: readonly Row[],
  { bodies, isServed }: { readonly bodies: boolean; readonly isServed: boolean },
): readonly ViewJson[] {
  return runsOf(rows, ({ view }) => view).map(({ key: view, run }) => ({
    view: view.key,
    // A place alone has only a part of what a proxy gets.
    missing: isServed ? missingIn(view) : [],
    types: runsOf(run, ({ table }) => table).flatMap(({ key: table, run: ofType }) =>
      table === undefined ? [] : [typeJson(table, ofType, bodies)],
    ),
  }));
}

const missingIn = (view: ShownView): readonly string[] =>
  missingReferences(view.resources())
    .filter(({ missingTypeUrl }) => !isLeftOut(view, missingTypeUrl))
    .map(
      ({ typeUrl, name, missingTypeUrl, missing }) =>
        `${shortName(typeUrl)} ${name}: no ${shortName(missingTypeUrl)} ${missing}`,
    );

const typeJson = (
  table: ShownTable,
  rows: readonly Row[],
  bodies: boolean,
): ViewJson["types"][number] => ({
  type: shortName(table.typeUrl),
  typeUrl: table.typeUrl,
  version: table.wildcardVersion(),
  resources: rows.flatMap(({ resource }) => {
    if (resource === undefined) return [];
    const { name, version, references } = resource;
    // The built-in gateway comes from no key.
    const origins = resource.origins.filter((origin) => origin !== "");
    const body = bodies ? { body: redact(table.typeUrl, resourceBody(resource)) } : {};
    return [{ name, version, references, origins, ...body }];
  }),
});

interface Run<T, K> {
  readonly key: K;
  readonly run: T[];
}

/** Neighbours with one key together. */
function runsOf<T, K>(all: readonly T[], keyOf: (one: T) => K): readonly Run<T, K>[] {
  const runs: Run<T, K>[] = [];
  for (const one of all) {
    const key = keyOf(one);
    const last = runs.at(-1);
    if (last !== undefined && last.key === key) last.run.push(one);
    else runs.push({ key, run: [one] });
  }
  return runs;
}
