/** What is served: `GET /v1/snapshot`, how it came to be: `/v1/history`, what is wrong with it: `/v1/diagnostics`. */
import { getSnapshot, listDiagnostics, listSteps } from "../api/snapshot.ts";
import { limits } from "../config/limits.ts";
import { shortName } from "../index.ts";
import { madePlaces } from "../plan/made-places.ts";
import { tokenOf } from "./access/admit.ts";
import type { AdminContext, Routes } from "./context.ts";
import { contentAt, notYet, presentOf, withPlace } from "./live/revision-content.ts";
import { madeOf } from "./live/snapshot-diff.ts";
import { firstPage, nextPage } from "./page.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import { viewsJson } from "./snapshot-json.ts";
import { placeOf, rowsBehind, rowsIn, type ShownView } from "./snapshot-rows.ts";

export const snapshotRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, getSnapshot, async ({ query }, c) => {
    const { bodies = false, limit = limits.admin.pageResources, after } = query;
    const shown = await shownAt(context, query.revision, tokenOf(c));
    if (shown instanceof Response) return shown;
    const all = rowsIn(shown.views, query);
    const rows = after === undefined ? all : rowsBehind(all, after);
    const { page, last } = firstPage(rows, limit, (a, b) => a === b);
    const count = page.filter(({ resource }) => resource !== undefined).length;
    if (bodies && count > limits.admin.bodies) {
      const most = limits.admin.bodies;
      const detail = `${count} bodies; ask for at most ${most}, by limit, view, type or name`;
      return problem(422, "too-large", detail);
    }
    const isServed = query.revision === undefined;
    const snapshot = { revision: shown.revision, views: viewsJson(page, { bodies, isServed }) };
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

interface Shown {
  readonly revision: number | null;
  readonly views: readonly ShownView[];
}

/** What is served; or what is made of the store as it was, which is work that waits for its turn. */
async function shownAt(
  context: AdminContext,
  asked: number | undefined,
  token: string | undefined,
): Promise<Shown | Response> {
  const { sources, turns } = context;
  if (asked === undefined) {
    const revision = sources.revision();
    return {
      revision: revision === undefined ? null : revisionNumber(revision),
      views: sources.views(),
    };
  }
  return withPlace(turns, token, async () => {
    const present = presentOf(sources);
    if (present === undefined) return notYet();
    const content = await contentAt(sources, BigInt(asked), present);
    if (content instanceof Response) return content;
    const made = await turns.run(() => madeOf(sources, content));
    return made === undefined ? notYet() : { revision: asked, views: madePlaces(made) };
  });
}
