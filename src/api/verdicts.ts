/** What proxies find of instances, by their health checks and their outlier detection. */
import { z } from "zod";
import { name } from "../store/schema/leaves.ts";
import { count, type Json, milliseconds } from "./json.ts";
import { operation } from "./operation.ts";

const finding = z
  .object({
    proxies: count,
    names: z.array(z.string()).describe("Ids of their nodes: the first ones"),
    total: count.describe(
      "Instances that they know: others than serin serves while a change is on its way",
    ),
    healthy: count,
    ejected: count,
    failing: count.describe(
      "Neither healthy nor ejected: they fail their health checks, or have not passed one yet",
    ),
    unwellForMs: milliseconds
      .nullable()
      .describe("Since when not every instance is healthy for the first of them; null: all are"),
    ageMs: milliseconds.describe(
      "Since the one of them was heard that has been silent for longest",
    ),
  })
  .meta({ id: "Finding" });

export type FindingJson = Json<typeof finding>;

export const versionVerdict = z
  .object({
    service: z.string(),
    subset: z.string(),
    instances: count.describe("As serin serves it"),
    looksAtHealth: z
      .boolean()
      .describe("False: no proxy checks or ejects its instances, so that none can find anything"),
    unwell: z.boolean().describe("Some proxy finds an instance that it sends no requests to"),
    findings: z
      .array(finding)
      .describe("Proxies that find the same are one entry; the worst ones come first"),
  })
  .meta({ id: "VersionVerdict" });

export type VersionVerdictJson = Json<typeof versionVerdict>;

const verdicts = z
  .object({
    reporters: count.describe("Proxies that tell this replica what they find"),
    ageMs: milliseconds
      .nullable()
      .describe(
        "Since the one of them was heard that has been silent for longest; null: nobody tells",
      ),
    leftOut: count.describe(
      "Findings that had no room, since the start; first of all those of good health",
    ),
    versions: z.array(versionVerdict),
  })
  .meta({ id: "Verdicts" });

export type VerdictsJson = Json<typeof verdicts>;

export const getVerdicts = operation({
  id: "getVerdicts",
  method: "GET",
  path: "/v1/verdicts",
  group: "health",
  summary: "The versions that some proxy finds unwell",
  description:
    "Envoys tell it that have been made with `serin bootstrap --verdicts`; each replica knows what was told to it.",
  role: "viewer",
  query: z.object({
    service: name.exactOptional().describe("All versions of this service instead"),
  }),
  answers: { 200: { description: "What they find", json: verdicts } },
  problems: ["not-found"],
});
