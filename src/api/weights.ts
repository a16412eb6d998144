/** The split in force of a service. */
import { z } from "zod";
import { weightsSchema } from "../store/schema/weights.ts";
import { writerQuery } from "./author.ts";
import { etag, ifMatch } from "./etag.ts";
import { type Json, revision, serviceParams } from "./json.ts";
import { operation } from "./operation.ts";
import { diagnosticSchema } from "./problem.ts";

const weights = z
  .record(z.string(), z.number())
  .describe("Weight by version; only the ratio counts");

export const storedWeights = z
  .object({
    service: z.string(),
    weights: weights.nullable().describe("As in the store; null where they cannot be decoded"),
    revision: revision.describe("Of the last write"),
    diagnostics: z
      .array(diagnosticSchema)
      .exactOptional()
      .describe("Only where they cannot be decoded: why"),
    inForce: weights
      .nullable()
      .exactOptional()
      .describe("Only where they cannot be decoded: null where the instances' own tags decide"),
  })
  .meta({ id: "StoredWeights" });

export type WeightsJson = Json<typeof storedWeights>;

const written = z
  .object({
    service: z.string(),
    revision: revision.describe(
      "Of the write, or of that which set the same before: what /v1/wait takes",
    ),
    unchanged: z
      .literal(true)
      .exactOptional()
      .describe("The same was there: nothing was written, and no record made"),
    diagnostics: z
      .array(diagnosticSchema)
      .describe("Warnings, a version without instances among them"),
  })
  .meta({ id: "WrittenWeights" });

export type WrittenJson = Json<typeof written>;

const removed = z
  .object({ service: z.string(), revision: revision.describe("Of the removal") })
  .meta({ id: "RemovedWeights" });

export type RemovedJson = Json<typeof removed>;

const path = "/v1/weights/{service}";
const group = "weights";
const headers = z.object({ "if-match": ifMatch.exactOptional() });

export const getWeights = operation({
  id: "getWeights",
  method: "GET",
  path,
  group,
  summary: "The weights of a service, as written in the store",
  role: "viewer",
  params: serviceParams,
  answers: {
    200: { description: "The weights", json: storedWeights, headers: { etag } },
  },
  problems: ["not-found", "store-unavailable", "store-denied"],
});

export const putWeights = operation({
  id: "putWeights",
  method: "PUT",
  path,
  group,
  summary: "Sets the weights of a service",
  description:
    "The write is guarded by the revision that was read, and takes the one road to the proxies: /v1/wait tells when they have it.",
  role: "operator",
  params: serviceParams,
  query: z.object({
    ...writerQuery,
    force: z.boolean().exactOptional().describe("Even if nothing in the store is of the service"),
  }),
  headers,
  body: {
    kind: "object",
    forms: [
      { type: "application/json", schema: weightsSchema },
      { type: "application/yaml", schema: weightsSchema },
    ],
    example: { v1: 90, v2: 10 },
  },
  answers: { 200: { description: "They are in the store", json: written } },
  problems: [
    ...["body-too-large", "invalid-object", "unknown-service", "conflict"],
    ...["precondition-failed", "store-unavailable", "store-denied", "write-ambiguous"],
  ] as const,
});

export const deleteWeights = operation({
  id: "deleteWeights",
  method: "DELETE",
  path,
  group,
  summary: "Removes the weights of a service: its instances' own tags decide",
  role: "operator",
  params: serviceParams,
  query: z.object(writerQuery),
  headers,
  answers: { 200: { description: "They are gone", json: removed } },
  problems: [
    ...["not-found", "conflict", "precondition-failed"],
    ...["store-unavailable", "store-denied", "write-ambiguous"],
  ] as const,
});
