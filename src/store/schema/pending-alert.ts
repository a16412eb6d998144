/** `status/alerts/<id>` as JSON: what serin has to tell still. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { secretEnv } from "./alert.ts";
import { lastMs } from "./history-record.ts";
import { httpUrl } from "./url.ts";

const text = z.string().max(4 * limits.alerts.textBytes);

export const pendingAlertSchema = z.object({
  service: text,
  atMs: z.int().min(0).max(lastMs),
  severity: z.enum(["info", "warn", "error"]),
  title: text,
  text,
  webhook: z.object({
    url: httpUrl,
    format: z.enum(["generic", "slack", "dingtalk", "feishu", "wecom"]),
    secretEnv: secretEnv.optional(),
  }),
});

export type PendingAlertValue = z.infer<typeof pendingAlertSchema>;
