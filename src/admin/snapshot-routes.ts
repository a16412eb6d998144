/** What is served: `GET /v1/snapshot`, how it came to be: `/v1/history`, what is wrong with it: `/v1/diagnostics`. */
import { getSnapshot, listDiagnostics, listSteps, type ViewJson } from "../api/snapshot.ts";
import { limits } from "../config/limits.ts";
import {
  type GroupView,
  missingReferences,
  shortName,
  type TypeUrl,
  type TypeView,
  typeUrls,
} from "../index.ts";
import type { Routes } from "./context.ts";
import { firstPage, nextPage } from "./page.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { redact } from "./redact.ts";
import { resourceBody } from "./resource-body.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import { placeOf, type Row, rowsBehind, rowsIn } from "./snapshot-rows.ts";

export const snapshotRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, getSnapshot, ({ query }, c) => {
    const { bodies = false, limit = limits.admin.pageResources, after } = query;
    const all = rowsIn(sources.views(), query);
    const rows = after === undefined ? all : rowsBehind(all, after);
    const { page, last } = firstPage(rows, limit, (a, b) => a === b);
    const count = page.filter(({ resource }) => resource !== undefined).length;
    if (bodies && count > limits.admin.bodies) {
      const most = limits.admin.bodies;
      const detail = `${count} bodies; ask for at most ${most}, by limit, view, type or name`;
      return problem(422, "too-large", detail);
    }
    const revision = sources.revision();
    const snapshot = {
      revision: revision === undefined ? null : revisionNumber(revision),
      views: viewsJson(page, bodies),
    };
    return reply(snapshot, last === undefined ? {} : nextPage(c, placeOf(last)));
  });

  route(app, context, listSteps, ({ query }, c) => {
    const { after, limit = limits.pipeline.historyEntries } = query;
    const steps = sources.history();
    const rest =
      after === undefined ? steps : steps.filter(({ revision }) => revision > BigInt(after));
    const { page, last } = firstPage(rest, limit, (a, b) => a.revision === b.revision);
    const json = page.map(({ revision, atMs, view, changes, omitted }) => ({
      revision: revisionNumber(revision),
      at: new Date(atMs).toISOString(),
      view,
      changes: changes.map(({ typeUrl, name, kind, version }) => {
        return { type: shortName(typeUrl), name, kind, version };
      }),
      omitted,
    }));
    return reply(json, last === undefined ? {} : nextPage(c, String(last.revision)));
  });

  route(app, context, listDiagnostics, () => reply(diagnosticsJson(sources.diagnostics())));
};

/** The secrets of clusters are left out of views of everything (docs/adr/0015). */
const isLeftOut = ({ key }: GroupView, typeUrl: TypeUrl): boolean =>
  key.startsWith("all:") && typeUrl === typeUrls.secret;

/** Rows of one view, and in it those of one type, follow each other. */
function viewsJson(rows: readonly Row[], bodies: boolean): readonly ViewJson[] {
  return runsOf(rows, ({ view }) => view).map(({ key: view, run }) => ({
    view: view.key,
    missing: missingIn(view),
    types: runsOf(run, ({ table }) => table).flatMap(({ key: table, run: ofType }) =>
      table === undefined ? [] : [typeJson(table, ofType, bodies)],
    ),
  }));
}

const missingIn = (view: GroupView): readonly string[] =>
  missingReferences(view.resources())
    .filter(({ missingTypeUrl }) => !isLeftOut(view, missingTypeUrl))
    .map(
      ({ typeUrl, name, missingTypeUrl, missing }) =>
        `${shortName(typeUrl)} ${name}: no ${shortName(missingTypeUrl)} ${missing}`,
    );

const typeJson = (
  table: TypeView,
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
