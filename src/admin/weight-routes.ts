/**
 * `GET`, `PUT` and `DELETE /v1/weights/<service>`: the split in force. A write goes to the store,
 * guarded by the revision that was read, and from there takes the one road to the proxies. One for a
 * service that nothing in the store is of is refused, unless `?force=true`.
 */
import { deleteWeights, getWeights, putWeights, type WeightsJson } from "../api/weights.ts";
import type { Entry } from "../store/store.ts";
import {
  readWeights,
  removeWeights,
  type StoredWeights,
  type WeightsFailure,
  writeWeights,
} from "../store/weights.ts";
import { authorAsked } from "./author.ts";
import type { AdminContext, Routes } from "./context.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import { type Does, reply, route } from "./route.ts";
import type { AdminSources } from "./sources.ts";
import { storeProblem } from "./store-problem.ts";
import { judgeWeights } from "./weights-judgement.ts";

export const weightRoutes: Routes = (app, context) => {
  route(app, context, getWeights, gets(context));
  route(app, context, putWeights, puts(context));
  route(app, context, deleteWeights, deletes(context));
};

const gets =
  ({ sources }: AdminContext): Does<typeof getWeights> =>
  async ({ params: { service } }) => {
    const read = await readWeights(sources.store, service);
    if (!read.ok) return storeProblem(read.error);
    if (read.value === undefined) return noWeights(service);
    const { weights, modRevision } = read.value;
    const revision = revisionNumber(modRevision);
    const json: WeightsJson =
      weights === undefined
        ? { service, weights: null, revision, ...broken(sources, service, read.value) }
        : { service, weights, revision };
    return reply(json, { etag: `"${revision}"` });
  };

const puts =
  ({ sources, logger }: AdminContext): Does<typeof putWeights> =>
  async ({ params: { service }, query, headers }, c) => {
    const value = new Uint8Array(await c.req.arrayBuffer());
    const author = authorAsked(c, query, "weight set");
    const expected = expectedIn(headers);
    const how = { ...author, expected, force: query.force ?? false };
    const written = await writeWeights(sources.store, service, value, how);
    if (!written.ok) return failure(written.error, service);
    const { revision, isUnchanged } = written.value;
    const key = `weights/${service}`;
    const what = isUnchanged ? "there already" : "written by the API";
    logger.info({ key, by: author.by, revision: String(revision) }, what);
    const entry = { key, value, modRevision: revision, createRevision: revision };
    const diagnostics = diagnosticsJson(judgeWeights(service, withWritten(sources, entry)));
    const same = isUnchanged && ({ unchanged: true } as const);
    return reply({ service, revision: revisionNumber(revision), ...same, diagnostics });
  };

const deletes =
  ({ sources, logger }: AdminContext): Does<typeof deleteWeights> =>
  async ({ params: { service }, query, headers }, c) => {
    const author = authorAsked(c, query, "weight unset");
    const expected = expectedIn(headers);
    const removed = await removeWeights(sources.store, service, { ...author, expected });
    if (!removed.ok) return failure(removed.error, service);
    const revision = removed.value;
    if (revision === undefined) return noWeights(service);
    const key = `weights/${service}`;
    logger.info({ key, by: author.by, revision: String(revision) }, "removed by the API");
    return reply({ service, revision: revisionNumber(revision) });
  };

/** Of If-Match, as the contract lets it through. */
const expectedIn = (headers: { readonly "if-match"?: string }): bigint | undefined =>
  parseRevision(headers["if-match"]?.replaceAll('"', ""));

const noWeights = (service: string): Response =>
  problem(
    404,
    "not-found",
    `there is no weights/${service}: the split follows the instances' own weights`,
  );

/** The server's own entries may be from just before the write. */
function* withWritten(sources: AdminSources, written: Entry): Iterable<Entry> {
  yield* sources.entries().values();
  yield written;
}

function broken(
  sources: AdminSources,
  service: string,
  { diagnostics }: StoredWeights,
): Required<Pick<WeightsJson, "diagnostics" | "inForce">> {
  const weights = sources.weights(service);
  const inForce = weights && Object.fromEntries(weights.map((each) => [each.subset, each.weight]));
  return { diagnostics: diagnosticsJson(diagnostics), inForce: inForce ?? null };
}

function failure(error: WeightsFailure, service: string): Response {
  switch (error.kind) {
    case "invalid": {
      const diagnostics = diagnosticsJson(error.diagnostics);
      return problem(422, "invalid-object", `not valid as weights/${service}`, { diagnostics });
    }
    case "unknown":
      return problem(
        422,
        "unknown-service",
        `${error.message}; force (--force) writes it all the same`,
      );
    case "changed": {
      const detail = `weights/${service} was changed by someone else; read it and try again`;
      return error.expected === undefined
        ? problem(409, "conflict", detail)
        : problem(412, "precondition-failed", detail);
    }
    case "store":
      return storeProblem(error.error);
  }
}
