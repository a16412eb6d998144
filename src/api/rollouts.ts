/** Releases, the guards that watch them, and what people say to them. */
import { z } from "zod";
import { rolloutPhases, waitReasons } from "../store/schema/status.ts";
import { writerQuery } from "./author.ts";
import { count, isoTime, type Json, revision, serviceParams } from "./json.ts";
import { operation } from "./operation.ts";
import { versionVerdict } from "./verdicts.ts";

const managedRoute = z
  .object({
    kind: z.enum(["header", "mirror"]),
    name: z.string(),
    percent: z
      .number()
      .nullable()
      .describe(
        "Of the requests that match, how many are copied; null: they are not copied, but go there",
      ),
  })
  .meta({ id: "ManagedRoute" });

export const release = z
  .object({
    stable: z.string(),
    canary: z.string(),
    phase: z
      .enum(["Pending", ...rolloutPhases])
      .describe("Pending: it has not begun, or its object was changed, and it begins anew"),
    step: count.describe("From 1; the number of steps and one at the promotion"),
    steps: count,
    stepName: z.string(),
    weights: z.record(z.string(), z.number()).describe("In force; only the ratio counts"),
    waitsFor: z.enum(waitReasons).nullable().describe("null: for nothing, or it has ended"),
    timed: z.boolean().describe("It waits for time to pass, in a pause that has a duration"),
    message: z.string(),
    detail: z
      .string()
      .nullable()
      .describe("What is behind the message just now; null: nothing more is known here"),
    held: z.boolean(),
    routes: z
      .array(managedRoute)
      .describe("That the release has beside the weights; the first that matches wins"),
    aborted: z.object({ at: isoTime, by: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: "Release" });

export type ReleaseJson = Json<typeof release>;

const guard = z
  .object({
    guard: z.string(),
    subset: z.string(),
    verdict: z
      .enum(["pass", "fail", "hold", "latched"])
      .describe("latched: taken out. hold: nothing can be said"),
    reason: z.string().describe("One sentence with counts, interval and rule"),
  })
  .meta({ id: "Guard" });

export type GuardJson = Json<typeof guard>;

const latch = z
  .object({ subset: z.string(), guard: z.string(), at: isoTime, evidence: z.string() })
  .meta({ id: "Latch" });

export type LatchJson = Json<typeof latch>;

const alertCounts = z
  .object({
    waiting: count.describe("They have not arrived yet"),
    oldest: z
      .object({ at: isoTime, to: z.string() })
      .nullable()
      .describe("Of those; null: none waits"),
    lost: count.describe("Given up or dropped by the replica that answers"),
  })
  .meta({ id: "AlertCounts" });

export type AlertsJson = Json<typeof alertCounts>;

export const seenState = z
  .string()
  .describe(
    "What `expected` of a command takes: it is another one when what commands are about changes",
  );

const rollout = z
  .object({
    service: z.string(),
    state: seenState,
    leads: z.boolean().describe("Whether the replica that answers is the one that acts"),
    release: release.nullable().describe("null: there is no rollout of the service"),
    canary: versionVerdict
      .nullable()
      .describe("What proxies find of its canary; null: no rollout, or no such version"),
    guards: z.array(guard),
    latched: z
      .array(latch)
      .describe("Versions that guards have taken out, also those that none watches any more"),
    alerts: alertCounts,
  })
  .meta({ id: "Rollout" });

export type RolloutJson = Json<typeof rollout>;

const commanded = z
  .object({
    service: z.string(),
    revision: revision.describe("What /v1/wait takes"),
    message: z.string(),
    subsets: z
      .array(z.string())
      .describe("Versions that guards had taken out, and that may have traffic again"),
  })
  .meta({ id: "Commanded" });

export type CommandedJson = Json<typeof commanded>;

const path = "/v1/rollouts/{service}";
const group = "rollouts";

export const getRollout = operation({
  id: "getRollout",
  method: "GET",
  path,
  group,
  summary: "How the release of a service stands, and what guards say",
  role: "viewer",
  params: serviceParams,
  answers: { 200: { description: "The release", json: rollout } },
  problems: ["not-found"],
});

export const commandRollout = operation({
  id: "commandRollout",
  method: "PUT",
  path: `${path}/{command}`,
  group,
  summary: "Says something to a release",
  description:
    "`retry` brings back what guards have taken out as well. It is no POST, because a web page may " +
    "send one of those to this machine without asking.",
  role: "operator",
  params: serviceParams.extend({
    command: z.enum(["promote", "pause", "resume", "abort", "retry", "undo"]),
  }),
  query: z.object({
    ...writerQuery,
    expected: z
      .string()
      .regex(/^[\w-]{1,64}(?:\.[\w-]{1,64}){3}$/, "the `state` of a release")
      .exactOptional()
      .describe(
        "`state`, as it was shown: where what the command is about has changed since, nothing is said. " +
          "`abort` and `undo` hold over any step of the same attempt.",
      ),
    full: z.boolean().exactOptional().describe("With `promote`: past all steps"),
  }),
  answers: { 200: { description: "It was said", json: commanded } },
  problems: [
    "conflict",
    "precondition-failed",
    "store-unavailable",
    "store-denied",
    "write-ambiguous",
  ],
});
