/** What of the alerts of a service has not arrived, for the API and the command line alike. */
import type { AlertsJson } from "../api/rollouts.ts";
import { destinationOf } from "../rollout/alert/deliver.ts";
import type { AdminSources } from "./sources.ts";

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
