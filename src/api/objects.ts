/** Any object, in JSON or YAML. The ETag is the revision of the last write. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { writerQuery } from "./author.ts";
import { etag, ifMatch } from "./etag.ts";
import { type Json, revision } from "./json.ts";
import { keyParams, kinds, roleOfKey, shownObject } from "./object-kinds.ts";
import { operation } from "./operation.ts";
import { nextLink, pageQuery } from "./page.ts";
import { diagnosticSchema } from "./problem.ts";

const listed = z
  .object({
    key: z.string(),
    modRevision: revision.describe("Of the last write"),
    createRevision: revision,
    sha256: z.string().describe("Of the value, which may be a secret"),
    value: z
      .unknown()
      .exactOptional()
      .describe("With `values=true`, of what can be parsed and is not serin's own; no secrets"),
    broken: z.string().exactOptional().describe("In place of `value`: why it cannot be parsed"),
  })
  .meta({ id: "ListedObject", description: "One key as the server has read it" });

export type ObjectJson = Json<typeof listed>;

const result = z
  .enum(["created", "configured", "unchanged"])
  .describe("unchanged: the same content was there, and nothing was written");

const written = z
  .object({
    key: z.string(),
    result,
    revision: revision.describe(
      "Of what is there now: what /v1/wait takes. Of a dry run: of what was read, 0 for nothing",
    ),
    diagnostics: z.array(diagnosticSchema).describe("Warnings"),
    dryRun: z
      .literal(true)
      .exactOptional()
      .describe("Nothing was written: the rest is what would be"),
  })
  .meta({ id: "WrittenObject" });

export type ObjectWrittenJson = Json<typeof written>;

const removed = z
  .object({ key: z.string(), revision: revision.describe("Of the removal") })
  .meta({ id: "RemovedObject" });

export type ObjectRemovedJson = Json<typeof removed>;

const path = "/v1/objects/{key}";
const group = "objects";

/** Decode judges values, and its diagnostics name fields; what they are stands with each kind. */
const forms = [
  { type: "application/json", schema: z.unknown() },
  { type: "application/yaml", schema: z.unknown() },
] as const;

const shownForms = [
  { type: "application/json", schema: shownObject },
  { type: "application/yaml", schema: shownObject },
] as const;

const writeHeaders = z.object({
  "if-match": ifMatch.exactOptional(),
  "if-none-match": z
    .literal("*", "* alone: a write is to find nothing")
    .exactOptional()
    .describe("Only if nothing is there"),
});

export const listObjects = operation({
  id: "listObjects",
  method: "GET",
  path: "/v1/objects",
  group,
  summary: "What the server has read, key by key",
  role: "viewer",
  query: z.object({
    prefix: z.string().exactOptional().describe("Only keys that begin so: `weights/`"),
    values: z.boolean().exactOptional().describe("With the values of objects, without secrets"),
    ...pageQuery(limits.admin.pageObjects, "A key: those behind it"),
  }),
  answers: {
    200: {
      description: "A page of them, or all where neither `limit` nor `values` is there",
      json: z.array(listed),
      headers: { link: nextLink },
    },
  },
  problems: ["store-unavailable"],
});

export const getObject = operation({
  id: "getObject",
  method: "GET",
  path,
  slashes: "key",
  kinds,
  group,
  summary: "One object, from the store",
  description: "In JSON, or in YAML where `Accept` asks for it; without secrets.",
  role: "viewer",
  params: keyParams,
  headers: z.object({
    accept: z.string().exactOptional().describe("`application/yaml`, or JSON"),
    "if-none-match": z.string().exactOptional().describe("ETags that the client has already"),
  }),
  answers: {
    200: { description: "The object", forms: shownForms, headers: { etag } },
    304: { description: "It is the one that the client has", headers: { etag } },
  },
  problems: ["not-found", "reserved-key", "invalid-object", "store-unavailable", "store-denied"],
});

export const putObject = operation({
  id: "putObject",
  method: "PUT",
  path,
  slashes: "key",
  kinds,
  group,
  summary: "Writes an object, if it is valid",
  description: "By compare-and-swap with what was read, or with what the headers tell.",
  role: roleOfKey,
  params: keyParams,
  query: z.object({
    ...writerQuery,
    dryRun: z.boolean().exactOptional().describe("Says what would be done, and does nothing"),
  }),
  headers: writeHeaders,
  body: { kind: "object", forms },
  answers: {
    200: {
      description: "It is there, or would be",
      json: written,
      headers: { etag: { ...etag, required: false } },
    },
    201: { description: "It is there, and was not before", json: written, headers: { etag } },
  },
  problems: [
    ...["reserved-key", "invalid-object", "conflict"],
    ...["precondition-failed", "store-unavailable", "store-denied", "write-ambiguous"],
  ] as const,
});

export const deleteObject = operation({
  id: "deleteObject",
  method: "DELETE",
  path,
  slashes: "key",
  kinds,
  group,
  summary: "Removes an object",
  role: roleOfKey,
  params: keyParams,
  query: z.object(writerQuery),
  headers: writeHeaders,
  answers: { 200: { description: "It is gone", json: removed } },
  problems: [
    ...["not-found", "reserved-key", "conflict", "precondition-failed"],
    ...["store-unavailable", "store-denied", "write-ambiguous"],
  ] as const,
});
