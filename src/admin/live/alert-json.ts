/** An alert as JSON, without what is secret of its receiver. */

import type { AlertJson } from "../../api/alerts.ts";
import type { SeenAlert } from "../../rollout/alert/alert-log.ts";

export function alertJson({ alert, state }: SeenAlert): AlertJson {
  const { id, service, atMs, title, text, webhook } = alert;
  return {
    id,
    at: new Date(atMs).toISOString(),
    service,
    subset: null,
    what: title,
    message: text,
    receiver: URL.canParse(webhook.url) ? new URL(webhook.url).host : "nowhere",
    state,
  };
}
