/**
 * `GET /v1/history/<service>`: who changed the weights, routes and releases of a service, when and why.
 * `PUT /v1/history/<service>/undo`: puts back what was there before. It is no POST, because a web page
 * may send one of those to this machine without asking.
 */
import { isName } from "../model/names.ts";
import { timeOfId } from "../store/history/record.ts";
import { readHistory } from "../store/read-history.ts";
import { type UndoTarget, undo } from "../store/undo.ts";
import { actProblem } from "./act-problem.ts";
import { authorAsked } from "./author.ts";
import type { Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { historyJson } from "./history-json.ts";
import { problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import { storeProblem } from "./store-problem.ts";

export interface UndoneJson {
  readonly service: string;
  /** Store revision of the undo: what `/v1/wait` takes. */
  readonly revision: number;
  /** Id of its own record. */
  readonly id: string;
  /** What was put back. */
  readonly keys: readonly string[];
}

const path = "/v1/history/:service";

export const historyRoutes: Routes = (app, { sources, listen, logger }) => {
  app.get(path, async (c) => {
    const service = c.req.param("service");
    if (!isName(service)) return notAName();
    const history = await readHistory(sources.store, service);
    return history.ok ? c.json(historyJson(service, history.value)) : storeProblem(history.error);
  });

  app.put(`${path}/undo`, async (c) => {
    const refusal = refuseWrite(listen);
    if (refusal !== undefined) return refusal;
    const service = c.req.param("service");
    if (!isName(service)) return notAName();
    const target = undoTarget(c.req.query("to"));
    if (target === undefined) {
      return problem(400, "bad-request", "to: a revision of the store, or the id of a record");
    }
    const { by, why } = authorAsked(c, c.req.query(), "");
    const force = c.req.query("force") === "true";
    const undone = await undo(sources.store, service, {
      target,
      force,
      by,
      why: why || undefined,
    });
    if (!undone.ok) return actProblem(undone.error, service);
    const { revision, id, keys } = undone.value;
    logger.info({ service, keys, revision: String(revision) }, "undone by the API");
    return c.json({ service, revision: revisionNumber(revision), id, keys } satisfies UndoneJson);
  });
};

/** Undefined: neither a revision nor the id of a record. */
export function undoTarget(to: string | undefined): UndoTarget | undefined {
  if (to === undefined) return { kind: "last" };
  const revision = parseRevision(to);
  if (revision !== undefined) return { kind: "revision", revision };
  return timeOfId(to) === undefined ? undefined : { kind: "record", id: to };
}

const notAName = (): Response => problem(400, "bad-request", "not a name of a service");
