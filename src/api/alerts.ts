/** The last alerts that a replica has seen. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { isoTime, type Json } from "./json.ts";
import { operation } from "./operation.ts";

export const alert = z
  .object({
    id: z.string(),
    at: isoTime,
    service: z.string(),
    subset: z.string().nullable().describe("null: the alert names none"),
    what: z.string().describe("One line"),
    message: z.string(),
    receiver: z.string().describe("Its host alone: paths and queries of webhooks are secrets"),
    state: z
      .enum(["waiting", "delivered", "lost"])
      .describe("lost: given up or dropped by the replica that answers"),
  })
  .meta({ id: "Alert" });

export type AlertJson = Json<typeof alert>;

export const listAlerts = operation({
  id: "listAlerts",
  method: "GET",
  path: "/v1/alerts",
  group: "services",
  summary: "The last alerts that this replica has seen, the newest first",
  description: `${limits.live.alerts} at the most.`,
  role: "viewer",
  answers: { 200: { description: "They", json: z.array(alert) } },
  problems: [],
});
