/**
 * `GET /v1/history/<service>`: who changed the weights, routes and releases of a service, when and why.
 * `PUT /v1/history/<service>/undo`: puts back what was there before. It is no POST, because a web page
 * may send one of those to this machine without asking.
 */
import { getHistory, undoChange } from "../api/history.ts";
import { timeOfId } from "../store/history/record.ts";
import { readHistory } from "../store/read-history.ts";
import { type UndoTarget, undo } from "../store/undo.ts";
import { actProblem } from "./act-problem.ts";
import { authorAsked } from "./author.ts";
import type { Routes } from "./context.ts";
import { historyJson } from "./history-json.ts";
import { problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import { storeProblem } from "./store-problem.ts";

export const historyRoutes: Routes = (app, context) => {
  const { sources, logger } = context;
  route(app, context, getHistory, async ({ params: { service } }) => {
    const history = await readHistory(sources.store, service);
    return history.ok ? reply(historyJson(service, history.value)) : storeProblem(history.error);
  });

  route(app, context, undoChange, async ({ params: { service }, query }, c) => {
    const target = undoTarget(query.to);
    if (target === undefined) {
      return problem(400, "bad-request", "to: a revision of the store, or the id of a record");
    }
    const { by, why } = authorAsked(c, query, "");
    const undone = await undo(sources.store, service, {
      target,
      force: query.force ?? false,
      expected: query.expected,
      by,
      why: why || undefined,
    });
    if (!undone.ok) return actProblem(undone.error, service);
    const { revision, id, keys } = undone.value;
    logger.info({ service, keys, by, revision: String(revision) }, "undone by the API");
    return reply({ service, revision: revisionNumber(revision), id, keys });
  });
};

/** Undefined: neither a revision nor the id of a record. */
export function undoTarget(to: string | undefined): UndoTarget | undefined {
  if (to === undefined) return { kind: "last" };
  const revision = parseRevision(to);
  if (revision !== undefined) return { kind: "revision", revision };
  return timeOfId(to) === undefined ? undefined : { kind: "record", id: to };
}
