/** Who is told of what happens to a release: alerts for the outbox, written in the act itself. */
import type { Alert } from "../model/alert.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Write } from "../store/store.ts";
import { alertsOf } from "./alert/message.ts";
import { alertWrite } from "./alert/outbox-entry.ts";
import { type DecisionToWrite, type RolloutEvent, severityOf } from "./release/decision.ts";

const ranks: Readonly<Record<Alert["severity"], number>> = { info: 0, warn: 1, error: 2 };

/** Steps on the way there are many; of each, that it is written is the news. */
const quiet: ReadonlySet<RolloutEvent> = new Set(["StepEntered", "StepReached", "Waits"]);

const titles: Readonly<Record<RolloutEvent, string>> = {
  Begun: "the release begins",
  StepEntered: "the next step is under way",
  StepWritten: "a step is written",
  StepReached: "a step is reached",
  Waits: "the release waits",
  Paused: "the release waits for a person",
  Overdue: "the release is late",
  Aborted: "the release is aborted",
  Withdrawn: "the canary is out at last",
  RolledBack: "the release is rolled back",
  Completed: "the release is complete",
};

/** For the `notes` of the act. */
export function releaseAlerts(
  { service, canary, alerts }: Rollout,
  { event, reason }: Pick<DecisionToWrite, "event" | "reason">,
  { operation, atMs }: { readonly operation: string; readonly atMs: number },
): readonly Write[] {
  if (quiet.has(event)) return [];
  const severity = severityOf(event);
  const receivers = alerts
    .filter((each) => ranks[each.severity] <= ranks[severity])
    .map((each) => ({ ...each, severity }));
  const title = `${titles[event]} (${canary})`;
  return alertsOf(receivers, { operation, service, atMs, title, text: reason }).map(alertWrite);
}
