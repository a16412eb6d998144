/** An alert as JSON, without what is secret of its receiver. */
import type { SeenAlert } from "../../rollout/alert/alert-log.ts";
import type { AlertJson } from "./service-json.ts";

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
