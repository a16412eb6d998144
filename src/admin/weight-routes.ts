/**
 * `GET`, `PUT` and `DELETE /v1/weights/<service>`: the split in force. A write goes to the store,
 * guarded by the revision that was read, and from there takes the one road to the proxies. One for a
 * service that nothing in the store is of is refused, unless `?force=true`.
 */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { isName } from "../model/names.ts";
import type { Entry } from "../store/store.ts";
import {
  readWeights,
  removeWeights,
  type StoredWeights,
  type WeightsFailure,
  writeWeights,
} from "../store/weights.ts";
import { authorAsked } from "./author.ts";
import type { Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { type DiagnosticJson, diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import type { AdminSources } from "./sources.ts";
import { storeProblem } from "./store-problem.ts";
import { judgeWeights } from "./weights-judgement.ts";

export interface WeightsJson {
  readonly service: string;
  /** As written in the store; null where it cannot be decoded. */
  readonly weights: Readonly<Record<string, number>> | null;
  readonly revision: number;
  /** Only where it cannot be decoded: why. */
  readonly diagnostics?: readonly DiagnosticJson[];
  /** Only where it cannot be decoded: the weights in force; null where the instances' tags decide. */
  readonly inForce?: Readonly<Record<string, number>> | null;
}

export interface WrittenJson {
  readonly service: string;
  /** Store revision of the write: what `/v1/wait` takes. */
  readonly revision: number;
  /** Warnings, a subset without instances among them. */
  readonly diagnostics: readonly DiagnosticJson[];
}

export interface RemovedJson {
  readonly service: string;
  /** Store revision of the removal. */
  readonly revision: number;
}

const path = "/v1/weights/:service";

export const weightRoutes: Routes = (app, { sources, listen, logger }) => {
  const tooLarge = (): Response =>
    problem(413, "body-too-large", `a body may have at most ${limits.admin.bodyBytes} bytes`);

  app.get(path, async (c) => {
    const service = c.req.param("service");
    if (!isName(service)) return problem(400, "bad-request", "not a name of a service");
    const read = await readWeights(sources.store, service);
    if (!read.ok) return storeProblem(read.error);
    if (read.value === undefined) return noWeights(service);
    const { weights, modRevision } = read.value;
    const revision = revisionNumber(modRevision);
    const answer: WeightsJson =
      weights === undefined
        ? { service, weights: null, revision, ...broken(sources, service, read.value) }
        : { service, weights, revision };
    return c.json(answer, 200, { etag: `"${revision}"` });
  });

  app.put(path, bodyLimit({ maxSize: limits.admin.bodyBytes, onError: tooLarge }), async (c) => {
    const asked = writeAsked(c, listen);
    if (asked instanceof Response) return asked;
    const { service, expected } = asked;
    const force = c.req.query("force") === "true";
    const value = new Uint8Array(await c.req.arrayBuffer());
    const author = authorAsked(c, "weight set");
    const how = { ...author, expected, force };
    const written = await writeWeights(sources.store, service, value, how);
    if (!written.ok) return failure(written.error, service);
    const { revision } = written.value;
    logger.info({ key: `weights/${service}`, revision: String(revision) }, "written by the API");
    const key = `weights/${service}`;
    const entry = { key, value, modRevision: revision, createRevision: revision };
    const answer: WrittenJson = {
      service,
      revision: revisionNumber(revision),
      diagnostics: diagnosticsJson(judgeWeights(service, withWritten(sources, entry))),
    };
    return c.json(answer);
  });

  app.delete(path, async (c) => {
    const asked = writeAsked(c, listen);
    if (asked instanceof Response) return asked;
    const { service, expected } = asked;
    const author = authorAsked(c, "weight unset");
    const removed = await removeWeights(sources.store, service, { ...author, expected });
    if (!removed.ok) return failure(removed.error, service);
    const revision = removed.value;
    if (revision === undefined) return noWeights(service);
    logger.info({ key: `weights/${service}`, revision: String(revision) }, "removed by the API");
    return c.json({ service, revision: revisionNumber(revision) } satisfies RemovedJson);
  });
};

interface WriteAsked {
  readonly service: string;
  /** Of If-Match. */
  readonly expected: bigint | undefined;
}

/** What a write is about, or why it is refused. */
function writeAsked(c: Context<object, typeof path>, listen: HostPort): WriteAsked | Response {
  const refusal = refuseWrite(listen);
  if (refusal !== undefined) return refusal;
  const service = c.req.param("service");
  if (!isName(service)) return problem(400, "bad-request", "not a name of a service");
  const ifMatch = c.req.header("if-match");
  const expected = parseRevision(ifMatch?.replaceAll('"', ""));
  if (ifMatch !== undefined && expected === undefined) {
    return problem(400, "bad-request", "If-Match takes the revision of the last write");
  }
  return { service, expected };
}

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
      return problem(422, "unknown-service", `${error.message}; force writes it all the same`);
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
