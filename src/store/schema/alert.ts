/** Who is told of a release. Severities are Flagger's. https://docs.flagger.app/usage/alerting */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { listOf } from "./leaves.ts";
import { httpUrl } from "./url.ts";

const secretEnvError =
  "the name of an environment variable of serin, which begins with SERIN_ALERT_ (then letters, digits and _), " +
  "and never the secret itself";

/**
 * Who may write objects must not have serin sign with whatever else its environment holds, such as the
 * password of etcd. decode/judge.ts repeats nothing of it, since the secret itself may stand there by mistake.
 */
export const secretEnv = z
  .string({ error: secretEnvError })
  .regex(/^SERIN_ALERT_[A-Za-z0-9_]{1,116}$/, { error: secretEnvError });

const webhook = z
  .object({
    url: httpUrl,
    format: z
      .enum(["generic", "slack", "dingtalk", "feishu", "wecom"])
      .optional()
      .describe('Default "generic": serin\'s own JSON.'),
    secretEnv: secretEnv
      .optional()
      .describe(
        "Environment variable of serin that holds the key of signatures: `SERIN_ALERT_` and a name; default: unsigned.",
      ),
  })
  .describe("A POST to this URL.");

/** `severity`: what is said of its default. */
const alertsOf = (severity: string) =>
  listOf(
    z.object({
      severity: z.enum(["info", "warn", "error"]).optional().describe(severity),
      webhook,
    }),
    limits.decode.alerts,
    "alerts",
  );

export const guardAlertsSchema = alertsOf('Default "error".');

export const rolloutAlertsSchema = alertsOf(
  'The least that is told: "info" (default) is everything, "error" only failures.',
);

export type AlertValue = z.infer<typeof guardAlertsSchema>[number];
