/**
 * `GET` and `PUT /v1/weights/<service>`: the split in force. A write goes to the store, guarded by
 * the revision that was read, and from there takes the one road to the proxies.
 */
import { bodyLimit } from "hono/body-limit";
import { limits } from "../config/limits.ts";
import { isName } from "../model/names.ts";
import type { StoreError } from "../store/store.ts";
import { readWeights, type WeightsFailure, writeWeights } from "../store/weights.ts";
import type { Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";

export interface WeightsJson {
  readonly service: string;
  /** As written in the store; null where it cannot be decoded. */
  readonly weights: Readonly<Record<string, number>> | null;
  readonly revision: number;
}

export interface WrittenJson {
  readonly service: string;
  /** Store revision of the write: what `/v1/wait` takes. */
  readonly revision: number;
  /** Warnings of decode. */
  readonly diagnostics: readonly object[];
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
    const answer: WeightsJson = { service, weights: weights ?? null, revision };
    return c.json(answer, 200, { etag: `"${revision}"` });
  });

  app.put(path, bodyLimit({ maxSize: limits.admin.bodyBytes, onError: tooLarge }), async (c) => {
    const refusal = refuseWrite(listen, c.req.raw);
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
    const { revision, diagnostics } = written.value;
    logger.info({ key: `weights/${service}`, revision: String(revision) }, "written by the API");
    const answer: WrittenJson = {
      service,
      revision: revisionNumber(revision),
      diagnostics: diagnosticsJson(diagnostics),
    };
    return c.json(answer);
  });
};

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
