/**
 * `GET`, `PUT` and `DELETE /v1/objects/<key>`: any object, in JSON or YAML, read from the store and
 * written to it by compare-and-swap. The ETag is the revision of the last write.
 */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { DiagnosticJson } from "../api/problem.ts";
import { limits } from "../config/limits.ts";
import type { ObjectKey } from "../store/decode/key.ts";
import {
  type ObjectFailure,
  type ObjectResult,
  objectKey,
  removeObject,
  writeObject,
} from "../store/objects.ts";
import { authorAsked } from "./author.ts";
import type { AdminContext, Routes } from "./context.ts";
import { refuseWrite } from "./guard.ts";
import { bodyProblem, contentType, formatAsked, objectText } from "./object-value.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import { storeProblem } from "./store-problem.ts";

export interface ObjectWrittenJson {
  readonly key: string;
  /** `unchanged`: the same content was there, and nothing was written. */
  readonly result: ObjectResult;
  /** Of what is there now: what `/v1/wait` takes. Of a dry run: of what was read, 0 for nothing. */
  readonly revision: number;
  /** Warnings. */
  readonly diagnostics: readonly DiagnosticJson[];
  /** Nothing was written: the rest is what would be. */
  readonly dryRun?: true;
}

export interface ObjectRemovedJson {
  readonly key: string;
  /** Store revision of the removal. */
  readonly revision: number;
}

const path = "/v1/objects/:key{.+}";

export const objectRoutes: Routes = (app, context) => {
  const tooLarge = (): Response =>
    problem(413, "body-too-large", `a body may have at most ${limits.admin.bodyBytes} bytes`);
  app.get(path, (c) => getObject(c, context));
  app.put(path, bodyLimit({ maxSize: limits.admin.bodyBytes, onError: tooLarge }), (c) =>
    putObject(c, context),
  );
  app.delete(path, (c) => deleteObject(c, context));
};

type ObjectContext = Context<object, typeof path>;

async function getObject(c: ObjectContext, { sources }: AdminContext): Promise<Response> {
  const key = c.req.param("key");
  const object = objectKey(key);
  if (!object.ok) return objectProblem(object.error, key);
  const read = await sources.store.get(key);
  if (!read.ok) return storeProblem(read.error);
  if (read.value === undefined) return noObject(key);
  const { value, modRevision } = read.value;
  const format = formatAsked(c.req.header("accept"));
  const headers = { etag: etagOf(modRevision), vary: "accept" };
  if (etagsIn(c.req.header("if-none-match")).includes(headers.etag)) {
    return c.body(null, 304, headers);
  }
  const text = objectText(object.value, value, format);
  if (!text.ok) return brokenObject(key, modRevision, text.error);
  return c.body(text.value, 200, { ...headers, "content-type": contentType(format) });
}

async function putObject(c: ObjectContext, context: AdminContext): Promise<Response> {
  const asked = writeAsked(c, context);
  if (asked instanceof Response) return asked;
  const { key, expected } = asked;
  const { store } = context.sources;
  const dryRun = c.req.query("dryRun") === "true";
  const value = new Uint8Array(await c.req.arrayBuffer());
  const fault = bodyProblem(value, c.req.header("content-type"));
  if (fault !== undefined) return invalid(key, [{ ...faultOf(key), ...fault }]);
  const written = await writeObject(store, key, value, {
    ...authorAsked(c, c.req.query(), "apply"),
    expected,
    dryRun,
  });
  if (!written.ok) return objectProblem(written.error, key);
  const { result, revision, diagnostics } = written.value;
  if (!dryRun && result !== "unchanged") {
    context.logger.info({ key, revision: String(revision) }, "written by the API");
  }
  const answer: ObjectWrittenJson = {
    key,
    result,
    revision: revisionNumber(revision),
    diagnostics: diagnosticsJson(diagnostics),
    ...(dryRun && { dryRun }),
  };
  const isNew = result === "created" && !dryRun;
  return c.json(answer, isNew ? 201 : 200, dryRun ? {} : { etag: etagOf(revision) });
}

async function deleteObject(c: ObjectContext, context: AdminContext): Promise<Response> {
  const asked = writeAsked(c, context);
  if (asked instanceof Response) return asked;
  const { key, expected } = asked;
  const author = authorAsked(c, c.req.query(), "delete");
  const removed = await removeObject(context.sources.store, key, { ...author, expected });
  if (!removed.ok) return objectProblem(removed.error, key);
  const revision = removed.value;
  if (revision === undefined) return noObject(key);
  context.logger.info({ key, revision: String(revision) }, "removed by the API");
  return c.json({ key, revision: revisionNumber(revision) } satisfies ObjectRemovedJson);
}

interface WriteAsked {
  readonly key: string;
  readonly object: ObjectKey;
  /** 0n: nothing may be there. */
  readonly expected: bigint | undefined;
}

/** What a write is about, or why it is refused. */
function writeAsked(c: ObjectContext, { listen }: AdminContext): WriteAsked | Response {
  const refusal = refuseWrite(listen);
  if (refusal !== undefined) return refusal;
  const key = c.req.param("key");
  const object = objectKey(key);
  if (!object.ok) return objectProblem(object.error, key);
  const ifMatch = c.req.header("if-match");
  const expected = parseRevision(ifMatch?.trim().replace(/^"(.*)"$/, "$1"));
  if (ifMatch !== undefined && (expected === undefined || expected === 0n)) {
    return problem(400, "bad-request", "If-Match takes one revision, the ETag of a GET");
  }
  const ifNoneMatch = c.req.header("if-none-match");
  if (ifNoneMatch !== undefined && (ifNoneMatch.trim() !== "*" || ifMatch !== undefined)) {
    return problem(400, "bad-request", "If-None-Match of a write takes * only, without If-Match");
  }
  return { key, object: object.value, expected: ifNoneMatch === undefined ? expected : 0n };
}

const etagOf = (revision: bigint): string => `"${revision}"`;

const etagsIn = (header: string | undefined): readonly string[] =>
  header === undefined ? [] : header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));

const noObject = (key: string): Response => problem(404, "not-found", `there is no ${key}`);

const invalid = (key: string, diagnostics: readonly DiagnosticJson[]): Response =>
  problem(422, "invalid-object", `not valid as ${key}`, { diagnostics });

/** Of a value that is refused before decode has a look at it. */
const faultOf = (key: string): Omit<DiagnosticJson, "path" | "message"> => ({
  severity: "error",
  code: "VALUE_INVALID",
  key,
  revision: 0,
});

function brokenObject(key: string, modRevision: bigint, message: string): Response {
  const revision = revisionNumber(modRevision);
  const diagnostic = { ...faultOf(key), code: "VALUE_SYNTAX", revision, path: "", message };
  const detail = `what is stored as ${key} cannot be read; write it anew`;
  return problem(422, "invalid-object", detail, { diagnostics: [diagnostic] });
}

function objectProblem(error: ObjectFailure, key: string): Response {
  switch (error.kind) {
    case "reserved":
      return problem(403, "reserved-key", error.message);
    case "noObject": {
      const diagnostics = diagnosticsJson(error.diagnostics);
      return problem(400, "bad-request", "not the key of an object", { diagnostics });
    }
    case "invalid":
      return invalid(key, diagnosticsJson(error.diagnostics));
    case "changed": {
      const detail = `${key} was changed by someone else; read it and try again`;
      return error.expected === undefined
        ? problem(409, "conflict", detail)
        : problem(412, "precondition-failed", detail);
    }
    case "store":
      return storeProblem(error.error);
  }
}
