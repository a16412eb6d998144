/**
 * `GET`, `PUT` and `DELETE /v1/objects/<key>`: any object, in JSON or YAML, read from the store and
 * written to it by compare-and-swap. The ETag is the revision of the last write.
 */
import { deleteObject, getObject, type ObjectWrittenJson, putObject } from "../api/objects.ts";
import type { Asked, Reply } from "../api/operation.ts";
import type { DiagnosticJson } from "../api/problem.ts";
import {
  type ObjectFailure,
  type ObjectOutcome,
  objectKey,
  removeObject,
  writeObject,
} from "../store/objects.ts";
import { authorAsked } from "./author.ts";
import type { AdminContext, Routes } from "./context.ts";
import { bodyProblem, contentType, formatAsked, objectText } from "./object-value.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { parseRevision, revisionNumber } from "./revision.ts";
import { type Does, reply, route } from "./route.ts";
import { storeProblem } from "./store-problem.ts";

export const objectRoutes: Routes = (app, context) => {
  route(app, context, getObject, gets(context));
  route(app, context, putObject, puts(context));
  route(app, context, deleteObject, deletes(context));
};

const gets =
  ({ sources }: AdminContext): Does<typeof getObject> =>
  async ({ params: { key }, headers: asked }) => {
    const object = objectKey(key);
    if (!object.ok) return objectProblem(object.error, key);
    const read = await sources.store.get(key);
    if (!read.ok) return storeProblem(read.error);
    if (read.value === undefined) return noObject(key);
    const { value, modRevision } = read.value;
    const format = formatAsked(asked.accept);
    const headers = { etag: etagOf(modRevision), vary: "accept" };
    if (etagsIn(asked["if-none-match"]).includes(headers.etag)) {
      return new Response(null, { status: 304, headers });
    }
    const text = objectText(object.value, value, format);
    if (!text.ok) return brokenObject(key, modRevision, text.error);
    const type = { "content-type": contentType(format) };
    return new Response(text.value, { headers: { ...headers, ...type } });
  };

const puts =
  (context: AdminContext): Does<typeof putObject> =>
  async ({ params: { key }, query, headers }, c) => {
    const object = objectKey(key);
    if (!object.ok) return objectProblem(object.error, key);
    const expected = expectedIn(headers);
    if (expected instanceof Response) return expected;
    const { dryRun = false } = query;
    const value = new Uint8Array(await c.req.arrayBuffer());
    const fault = bodyProblem(value, c.req.header("content-type"));
    if (fault !== undefined) return invalid(key, [{ ...faultOf(key), ...fault }]);
    const author = authorAsked(c, query, "apply");
    const how = { ...author, expected, dryRun };
    const written = await writeObject(context.sources.store, key, value, how);
    if (!written.ok) return objectProblem(written.error, key);
    const { result, revision } = written.value;
    if (!dryRun && result !== "unchanged") {
      const what = { key, by: author.by, revision: String(revision) };
      context.logger.info(what, "written by the API");
    }
    return answerOf(key, written.value, dryRun);
  };

function answerOf(
  key: string,
  { result, revision, diagnostics }: ObjectOutcome,
  dryRun: boolean,
): Reply<typeof putObject> {
  const json: ObjectWrittenJson = {
    ...{ key, result, revision: revisionNumber(revision) },
    diagnostics: diagnosticsJson(diagnostics),
    ...(dryRun && { dryRun }),
  };
  if (dryRun) return reply(json);
  const etag = { etag: etagOf(revision) };
  return result === "created" ? { status: 201, json, headers: etag } : reply(json, etag);
}

const deletes =
  (context: AdminContext): Does<typeof deleteObject> =>
  async ({ params: { key }, query, headers }, c) => {
    const object = objectKey(key);
    if (!object.ok) return objectProblem(object.error, key);
    const expected = expectedIn(headers);
    if (expected instanceof Response) return expected;
    const author = authorAsked(c, query, "delete");
    const removed = await removeObject(context.sources.store, key, { ...author, expected });
    if (!removed.ok) return objectProblem(removed.error, key);
    const revision = removed.value;
    if (revision === undefined) return noObject(key);
    const what = { key, by: author.by, revision: String(revision) };
    context.logger.info(what, "removed by the API");
    return reply({ key, revision: revisionNumber(revision) });
  };

/** What a write must find: 0n, nothing; undefined, whatever was read. */
function expectedIn(headers: Asked<typeof putObject>["headers"]): bigint | undefined | Response {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined && match !== undefined) {
    return problem(400, "bad-request", "If-None-Match stands without If-Match", {
      field: "if-none-match",
    });
  }
  if (noneMatch !== undefined) return 0n;
  const expected = parseRevision(match?.replaceAll('"', ""));
  if (expected === 0n) {
    const detail = "If-Match takes one revision, the ETag of a GET";
    return problem(400, "bad-request", detail, { field: "if-match" });
  }
  return expected;
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
