/**
 * `GET` and `PUT /v1/weights/<service>`: the split in force. A write goes to the store, guarded by
 * the revision that was read, and from there takes the one road to the proxies.
 */
import { bodyLimit } from "hono/body-limit";
import { limits } from "../config/limits.ts";
import { isName } from "../model/names.ts";
import type { Entry, StoreError } from "../store/store.ts";
import {
  readWeights,
  type StoredWeights,
  type WeightsFailure,
  writeWeights,
} from "../store/weights.ts";
import type { Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { type DiagnosticJson, diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import type { AdminSources } from "./sources.ts";
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

export const weightRoutes: Routes = (app, { sources, listen, logger }) => {
  const path = "/v1/weights/:service";
  const tooLarge = (): Response =>
    problem(413, "body-too-large", `a body may have at most ${limits.admin.bodyBytes} bytes`);

  app.get(path, async (c) => {
    const service = c.req.param("service");
    if (!isName(service)) return problem(400, "bad-request", "not a name of a service");
    const read = await readWeights(sources.store, service);
    if (!read.ok) return storeProblem(read.error);
    if (read.value === undefined) {
      const detail = `there is no weights/${service}: the split follows the instances' own weights`;
      return problem(404, "not-found", detail);
    }
    const { weights, modRevision } = read.value;
    const revision = revisionNumber(modRevision);
    const answer: WeightsJson =
      weights === undefined
        ? { service, weights: null, revision, ...broken(sources, service, read.value) }
        : { service, weights, revision };
    return c.json(answer, 200, { etag: `"${revision}"` });
  });

  app.put(path, bodyLimit({ maxSize: limits.admin.bodyBytes, onError: tooLarge }), async (c) => {
    const refusal = refuseWrite(listen);
    if (refusal !== undefined) return refusal;
    const service = c.req.param("service");
    if (!isName(service)) return problem(400, "bad-request", "not a name of a service");
    const ifMatch = c.req.header("if-match");
    const expected = parseRevision(ifMatch?.replaceAll('"', ""));
    if (ifMatch !== undefined && expected === undefined) {
      return problem(400, "bad-request", "If-Match takes the revision of the last write");
    }
    const value = new Uint8Array(await c.req.arrayBuffer());
    const written = await writeWeights(sources.store, service, value, expected);
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
};

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

function storeProblem({ kind, message }: StoreError): Response {
  switch (kind) {
    case "unavailable":
      return problem(503, "store-unavailable", message);
    case "ambiguous":
      return problem(504, "write-ambiguous", `${message}; it may have been written: read it back`);
    case "denied":
      return problem(403, "store-denied", message);
    case "refused":
      return problem(422, "store-denied", message);
  }
}
