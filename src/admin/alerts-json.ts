/** What of the alerts of a service has not arrived, for the API and the command line alike. */
import { destinationOf } from "../rollout/alert/deliver.ts";
import type { AdminSources } from "./sources.ts";

export interface AlertsJson {
  /** They have not arrived yet. */
  readonly waiting: number;
  /** Of those; null: none waits. */
  readonly oldest: { readonly at: string; readonly to: string } | null;
  /** Given up or dropped by the replica that answers. */
  readonly lost: number;
}

export function alertsJson(
  service: string,
  sources: Pick<AdminSources, "alerts" | "lostAlerts">,
): AlertsJson {
  const waiting = sources.alerts.waiting(service);
  const [oldest] = waiting;
  return {
    waiting: waiting.length,
    oldest: oldest ? { at: new Date(oldest.atMs).toISOString(), to: destinationOf(oldest) } : null,
    lost: sources.lostAlerts(service),
  };
}
