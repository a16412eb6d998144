/** What is served, how it came to be, and what is wrong with it. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { count, isoTime, type Json, pastRevision, revision } from "./json.ts";
import { operation } from "./operation.ts";
import { limitOf, nextLink, pageQuery } from "./page.ts";
import { diagnosticSchema } from "./problem.ts";

const protoJson = z
  .record(z.string(), z.unknown())
  .describe("Proto JSON, with field names in snake case and without secrets");

const resource = z
  .object({
    name: z.string(),
    version: z.string(),
    references: z.array(z.string()),
    origins: z.array(z.string()).describe("Store keys it was made from"),
    body: protoJson.exactOptional().describe("With `bodies=true`"),
  })
  .meta({ id: "Resource" });

const type = z
  .object({
    type: z.string().describe("CDS, EDS, …"),
    typeUrl: z.string(),
    version: z.string().describe("Of everything that a wildcard subscription sees"),
    resources: z.array(resource),
  })
  .meta({ id: "TypeOfView" });

const view = z
  .object({
    view: z.string().describe("Names of its gateways, joined by commas"),
    types: z.array(type),
    missing: z
      .array(z.string())
      .describe("What a resource names and the view lacks: `RDS edge/http: no CDS web/v2`"),
  })
  .meta({ id: "View", description: "What one group of proxies sees" });

export type ViewJson = Json<typeof view>;

const snapshot = z
  .object({
    revision: revision.nullable().describe("In force; null before the first"),
    views: z.array(view),
  })
  .meta({ id: "Snapshot" });

const step = z
  .object({
    revision,
    at: isoTime,
    view: z.string(),
    changes: z.array(
      z.object({
        type: z.string(),
        name: z.string(),
        kind: z
          .enum(["added", "changed", "removed", "retiring"])
          .describe("retiring: it goes, or loses its last endpoint, once no route needs it"),
        version: z.string(),
      }),
    ),
    omitted: count.describe("How many more changes the step had than are kept"),
  })
  .meta({ id: "HistoryStep", description: "What a revision changed in one view" });

const group = "snapshot";

export const getSnapshot = operation({
  id: "getSnapshot",
  method: "GET",
  path: "/v1/snapshot",
  group,
  summary: "The resources that are served, or that a revision of the store makes, by view and type",
  description:
    "With `revision` they are made, by the server that answers, of what the store keeps: etcd, until it compacts; " +
    "other stores keep the present alone. Nobody is connected to a revision: its views are the places that " +
    "`GET /v1/snapshot/diff` tells (`gateways/edge`, `shared`, `secrets`, `snapshots/edge-1`), and `missing` is empty.",
  role: "viewer",
  query: z.object({
    revision: pastRevision.exactOptional().describe("That one; else what is served"),
    view: z.string().exactOptional().describe("Only this one"),
    type: z.string().exactOptional().describe("Only this type: `RDS`, or its type URL"),
    name: z.string().exactOptional().describe("Only the resources of this name"),
    bodies: z
      .boolean()
      .exactOptional()
      .describe(`With their bodies, of ${limits.admin.bodies} resources at the most`),
    ...pageQuery(
      limits.admin.pageResources,
      "A view: those behind it; or what the Link header of a page has. Pages count resources, and a view " +
        "may go on in the next",
    ),
  }),
  answers: { 200: { description: "A page of them", json: snapshot, headers: { link: nextLink } } },
  problems: [
    ...["too-large", "no-such-revision", "too-many-plans"],
    ...["store-unavailable", "store-denied"],
  ] as const,
});

export const listSteps = operation({
  id: "listSteps",
  method: "GET",
  path: "/v1/history",
  group,
  summary: "What the last revisions changed in the views, the oldest first",
  description: `This server keeps ${limits.pipeline.historyEntries} of them, with ${limits.pipeline.historyChanges} changes each.`,
  role: "viewer",
  query: z.object({
    limit: limitOf(limits.pipeline.historyEntries),
    after: revision.exactOptional().describe("Those behind this one"),
  }),
  answers: {
    200: {
      description:
        "A page of them; it ends with the last view of a revision, and may be longer by it",
      json: z.array(step),
      headers: { link: nextLink },
    },
  },
  problems: [],
});

export const listDiagnostics = operation({
  id: "listDiagnostics",
  method: "GET",
  path: "/v1/diagnostics",
  group,
  summary: "What is wrong with objects, and with what is made of them, now",
  role: "viewer",
  answers: { 200: { description: "All in force", json: z.array(diagnosticSchema) } },
  problems: [],
});
