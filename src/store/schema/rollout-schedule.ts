/** When a release may go forward, and who is asked first. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { parseCron } from "../../lib/cron.ts";
import { isZone } from "../../lib/zone.ts";
import { checkUnique, confined, durationWithin, listOf, name, reason } from "./leaves.ts";
import { httpUrl } from "./url.ts";

const scheduleError = 'a cron schedule of five fields, such as "0 18 * * FRI"';

const schedule = z
  .string({ error: scheduleError })
  .max(256, { error: scheduleError, abort: true })
  .superRefine((text, context) => {
    const parsed = parseCron(text);
    if (parsed.ok) return;
    context.addIssue({ code: "custom", message: parsed.error, params: reason });
  });

const zoneError = 'a time zone of the IANA database, such as "Europe/Berlin"';

const window = z.object({
  kind: z.enum(["allow", "deny"]),
  schedule: schedule.describe("When it opens: cron, minute to day of the week."),
  duration: durationWithin("1m", "744h").describe("How long it is open."),
  timeZone: confined(
    z
      .string({ error: zoneError })
      .refine(isZone, { error: zoneError })
      .optional()
      .describe('Of the schedule, by its IANA name; default "UTC".'),
    "without timeZone the schedule is one of UTC",
  ),
});

export const windowsSchema = listOf(window, limits.decode.windows, "windows").describe(
  "Not in a `deny` window; where there are `allow` windows, in one of them. An abort waits for none.",
);

const webhook = z.object({
  name,
  type: z
    .enum([
      "confirm-rollout",
      "pre-rollout",
      "rollout",
      "confirm-traffic-increase",
      "confirm-promotion",
      "post-rollout",
      "rollback",
      "event",
    ])
    .optional()
    .describe('When it is asked; default "rollout". As in Flagger.'),
  url: httpUrl.describe("A POST that must be answered with 2xx."),
  timeout: durationWithin("100ms", "5m").optional().describe("Default 10s."),
});

export const webhooksSchema = listOf(webhook, limits.decode.webhooks, "webhooks").superRefine(
  (list, context) => {
    const names = list.map((each) => each.name);
    checkUnique(names, "name", "names a webhook twice", context);
  },
);

export type WindowValue = z.infer<typeof window>;
export type WebhookValue = z.infer<typeof webhook>;
