/** Who changed the weights, routes and releases of a service, when and why; and how to take it back. */
import { z } from "zod";
import { writerQuery } from "./author.ts";
import { isoTime, type Json, revision, serviceParams } from "./json.ts";
import { operation } from "./operation.ts";

const value = z
  .union([z.null(), z.string(), z.object({ sha256: z.string(), bytes: z.int().min(0) })])
  .describe("null: there was nothing. A value that is too long is told by its hash.");

const change = z
  .object({ key: z.string(), before: value, after: value })
  .meta({ id: "RecordedChange" });

export type ChangeJson = Json<typeof change>;

const row = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("record"),
      id: z.string(),
      revision,
      at: isoTime,
      by: z.string(),
      why: z.string(),
      changes: z.array(change),
      evidence: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .exactOptional()
        .describe("What a decision rests on: counts, interval, rule, revision"),
    }),
    z.object({
      kind: z.literal("gap").describe("A change past serin, which no record tells of"),
      changes: z.array(change),
    }),
  ])
  .meta({ id: "HistoryRow" });

export type HistoryRowJson = Json<typeof row>;

const history = z
  .object({
    service: z.string(),
    rows: z.array(row).describe("The newest first"),
    broken: z
      .array(z.object({ key: z.string(), reason: z.string() }))
      .describe("Records that cannot be read"),
  })
  .meta({ id: "History" });

export type HistoryJson = Json<typeof history>;

const undone = z
  .object({
    service: z.string(),
    revision: revision.describe("Of the undo: what /v1/wait takes"),
    id: z.string().describe("Of its own record"),
    keys: z.array(z.string()).describe("What was put back"),
  })
  .meta({ id: "Undone" });

export type UndoneJson = Json<typeof undone>;

const path = "/v1/history/{service}";
const group = "history";

export const getHistory = operation({
  id: "getHistory",
  method: "GET",
  path,
  group,
  summary: "Who changed the weights, routes and releases of a service, when and why",
  description: "As many records as the store keeps of each service; older ones are pruned.",
  role: "viewer",
  params: serviceParams,
  answers: { 200: { description: "Its records", json: history } },
  problems: ["store-unavailable", "store-denied"],
});

export const undoChange = operation({
  id: "undoChange",
  method: "PUT",
  path: `${path}/undo`,
  group,
  summary: "Puts back what was there before",
  description:
    "It is no POST, because a web page may send one of those to this machine without asking.",
  role: "operator",
  params: serviceParams,
  query: z.object({
    ...writerQuery,
    to: z
      .string()
      .regex(/^(?:\d{1,16}|\d{13}-[0-9a-f]+)$/, "a revision of the store, or the id of a record")
      .exactOptional()
      .describe("A revision of the store, or the id of a record; else the last change"),
    expected: z
      .string()
      .regex(/^\d{13}-[0-9a-f]+$/, "the id of a record")
      .exactOptional()
      .describe(
        "Id of the newest record that changed something, as the history showed it: with another one " +
          "there, nothing is put back",
      ),
    force: z.boolean().exactOptional().describe("Even if something was changed past serin since"),
  }),
  answers: { 200: { description: "It is put back", json: undone } },
  problems: [
    "conflict",
    "precondition-failed",
    "store-unavailable",
    "store-denied",
    "write-ambiguous",
  ],
});
