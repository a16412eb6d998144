/**
 * Alerts in the store. An act that raises one writes it here in its own transaction; the leader
 * delivers it and deletes it then. So it is delivered at least once, also when the leader dies between.
 */
import { limits } from "../../config/limits.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type PendingAlertValue, pendingAlertSchema } from "../../store/schema/pending-alert.ts";
import type { Entry, Write } from "../../store/store.ts";
import { cutBytes, type PendingAlert } from "./message.ts";

export const outboxPrefix = "status/alerts/";

/** For the `notes` of an act. */
export function alertWrite(alert: PendingAlert): Write {
  const { id, service, atMs, severity, title, text, webhook } = alert;
  const value: PendingAlertValue = {
    service,
    atMs: Math.max(0, Math.floor(atMs)),
    severity,
    title: cutBytes(title, limits.alerts.textBytes),
    text: cutBytes(text, limits.alerts.textBytes),
    webhook: {
      url: webhook.url,
      format: webhook.format,
      ...(webhook.secretEnv !== undefined && { secretEnv: webhook.secretEnv }),
    },
  };
  return { kind: "put", key: outboxPrefix + id, value: Buffer.from(JSON.stringify(value)) };
}

/** Total: any bytes give an alert or a sentence. */
export function readAlert({
  key,
  value,
}: Pick<Entry, "key" | "value">): Result<PendingAlert, string> {
  const parsed = pendingAlertSchema.safeParse(parsedJson(value));
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") || "its root";
    return err(`${key} is no alert: it is wrong at ${where}`);
  }
  const { webhook, ...alert } = parsed.data;
  const { url, format, secretEnv } = webhook;
  return ok({ ...alert, id: key.slice(outboxPrefix.length), webhook: { url, format, secretEnv } });
}

export interface Pending {
  readonly alert: PendingAlert;
  readonly entry: Entry;
}

/** What is to be delivered, the oldest first, and what can never be. */
export function pendingAlerts(entries: Iterable<Entry>): {
  readonly pending: readonly Pending[];
  readonly broken: readonly { readonly entry: Entry; readonly reason: string }[];
} {
  const pending: Pending[] = [];
  const broken: { readonly entry: Entry; readonly reason: string }[] = [];
  for (const entry of entries) {
    if (!entry.key.startsWith(outboxPrefix)) continue;
    const alert = readAlert(entry);
    if (alert.ok) pending.push({ alert: alert.value, entry });
    else broken.push({ entry, reason: alert.error });
  }
  return { pending: pending.toSorted((a, b) => a.alert.atMs - b.alert.atMs), broken };
}
