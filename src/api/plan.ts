/** What a change of objects would change. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { count, type Json } from "./json.ts";
import { operation } from "./operation.ts";
import { diagnosticSchema } from "./problem.ts";

const key = z.string().min(1).max(1_024).describe("Key in the store: `weights/web`");

const change = z.union([
  z.strictObject({ key, delete: z.literal(true) }),
  z.strictObject({ key, value: z.json().describe("The object, as it would be written") }),
]);

const shares = z
  .record(z.string(), z.number())
  .nullable()
  .describe("Percent of the service's traffic by version; null: there is no such service");

export const resourceChange = z
  .object({
    place: z
      .string()
      .describe("`gateways/edge`, `snapshots/edge-1`; `shared`: what several get; `secrets`"),
    type: z.string().describe("CDS, EDS, …"),
    added: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
  })
  .meta({ id: "ResourceChange" });

const plan = z
  .object({
    objects: z.array(
      z.object({
        key: z.string(),
        result: z.enum(["created", "configured", "unchanged", "deleted"]),
      }),
    ),
    weights: z
      .array(z.object({ service: z.string(), before: shares, after: shares }))
      .describe("Of services whose split would be another one"),
    resources: z.array(resourceChange),
    diagnostics: z.array(diagnosticSchema).describe("That are not there without the change"),
    proxies: z
      .object({
        connected: count,
        affected: count,
        nodes: z.array(z.string()).describe("The first of those affected"),
      })
      .describe("Of the replica that answers: whose resources would change"),
  })
  .meta({ id: "Plan" });

export type PlanJson = Json<typeof plan>;

export const planChange = operation({
  id: "planChange",
  method: "PUT",
  path: "/v1/plan",
  group: "objects",
  summary: "What a change of objects would change: objects, weights, resources. Nothing is written",
  role: "viewer",
  body: {
    kind: "json",
    schema: z.strictObject({ objects: z.array(change).min(1).max(limits.live.planObjects) }),
    example: { objects: [{ key: "weights/web", value: { v1: 50, v2: 50 } }] },
  },
  answers: { 200: { description: "The plan", json: plan } },
  problems: ["reserved-key", "invalid-object", "store-unavailable", "too-many-plans"],
});
