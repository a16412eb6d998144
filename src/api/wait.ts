/** Waits until proxies have accepted a revision. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { count, type Json, milliseconds, revision } from "./json.ts";
import { operation } from "./operation.ts";

const behind = z
  .object({
    node: z.string(),
    peer: z.string(),
    type: z.string().nullable().describe("null where the proxy has no view of that revision yet"),
    status: z.string(),
    versionSent: z.string().nullable(),
    versionAcked: z.string().nullable(),
    message: z.string().nullable().describe("What the proxy said of what it rejected"),
    replica: z
      .string()
      .exactOptional()
      .describe("Where the proxy is connected to another replica than the one that was asked"),
  })
  .meta({ id: "Behind", description: "A proxy and a type that a wait was for in vain" });

export type BehindJson = Json<typeof behind>;

const waited = z
  .object({
    revision,
    proxies: count.describe("Connected proxies of all replicas, all of which have accepted it"),
    replicas: count.describe("How many replicas were asked, this one included"),
    waitedMs: milliseconds,
    standing: z.array(behind).describe("Rejections that stand from before"),
    omitted: count.describe("How many more of them there are"),
  })
  .meta({ id: "Waited" });

export type WaitJson = Json<typeof waited>;

export const waitFor = operation({
  id: "waitFor",
  method: "GET",
  path: "/v1/wait",
  group: "proxies",
  summary: "Answers when every connected proxy has accepted everything as of a revision",
  description:
    "It ends early when all that is missing was rejected, as that will not mend by itself. What was " +
    "rejected before, and is none of what the revision changed, is told, and no reason to fail. " +
    "Problems have `behind`, a list of the same form, and `omitted`; `proxies`, `replicas`, and `accepted`: how " +
    "many proxies have it.",
  role: "viewer",
  query: z.object({
    revision: revision.describe("What a write answered"),
    timeoutMs: z
      .int()
      .min(0)
      .max(limits.admin.waitMaxMs)
      .exactOptional()
      .describe(`Milliseconds; ${limits.admin.waitMs} where it is not there`),
    minProxies: z
      .int()
      .min(0)
      .max(999_999_999)
      .exactOptional()
      .describe("So many proxies must be connected, to this replica or another; else none"),
  }),
  answers: { 200: { description: "They have", json: waited } },
  problems: ["too-many-waits", "rejected", "not-applied"],
});
