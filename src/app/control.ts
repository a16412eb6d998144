/**
 * What one replica does for all: it stands for leader, and while it leads it keeps the history within
 * its bounds, delivers the alerts that acts have raised, drives guards and releases, and probes for
 * gRPC clients.
 */
import type { Logger } from "pino";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { ServiceName } from "../model/names.ts";
import type { LoopMetrics } from "../observe/loop-metrics.ts";
import { type DeliverySurroundings, destinationOf } from "../rollout/alert/deliver.ts";
import { AlertOutbox, type OutboxObserver } from "../rollout/alert/outbox.ts";
import { outboxPrefix } from "../rollout/alert/outbox-entry.ts";
import { HistoryPruner } from "../rollout/history-pruner.ts";
import { Leader, type LeaderObserver, leaderKey } from "../rollout/leader.ts";
import type { Store } from "../store/store.ts";
import type { App } from "./app.ts";
import { startGuards } from "./guards.ts";
import type { LoadSignals } from "./load-signals.ts";
import { LoopView } from "./loop-view.ts";
import { type ProbingOptions, startProbing } from "./probing.ts";
import { type ReleasesOptions, startReleases } from "./releases.ts";

export interface ControlOptions extends DeliverySurroundings {
  readonly store: Store;
  /** As operators know this replica. */
  readonly name: string;
  readonly app: ReleasesOptions["app"] &
    ProbingOptions["app"] &
    Pick<App, "alerts" | "controlledBy"> & { readonly signals: Pick<LoadSignals, "ageMs"> };
  readonly logger: Logger;
  readonly metrics: LoopMetrics & ProbingOptions["metrics"];
  readonly clock?: Clock;
}

export interface Control {
  readonly leader: Leader;
  readonly outbox: AlertOutbox;
  /** Gives the lead back; to be called before the store is closed. */
  close(): Promise<void>;
}

export function startControl(options: ControlOptions): Control {
  const { app, logger, clock = systemClock } = options;
  const leader = new Leader({ ...options, observer: leaderObserver(options, () => outbox.poke()) });
  const outbox = new AlertOutbox({ ...options, leader, observer: alertObserver(options) });
  const pruner = new HistoryPruner({
    ...options,
    leader,
    keys: () => app.taps.entries.keys(),
    observer: { pruned: (records) => logger.info({ records }, "old records of history deleted") },
  });
  const untap = app.taps.add([leaderKey, outboxPrefix], {
    start: () => outbox.poke(),
    change: ({ puts, deletes }) => {
      // Whoever stands need not wait for its next look, and whoever leads has lost it.
      if (deletes.includes(leaderKey)) leader.poke();
      if (puts.some(({ key }) => key.startsWith(outboxPrefix))) outbox.poke();
    },
  });
  const guards = startGuards({ ...options, clock, leader });
  const blind: ReleasesOptions["blind"] = (rollout) => guards.blind(rollout);
  const releases = startReleases({ ...options, clock, leader, blind });
  const probing = startProbing({ ...options, clock, leader });
  app.controlledBy({
    guards: (service) => guards.view(service),
    holds: (service) => releases.holds(service),
    lostAlerts: (service) => outbox.lost(service),
    notProbed: (service) => probing.notProbed(service),
  });
  const view = new LoopView({
    ...{ taps: app.taps, clock },
    rollouts: () => app.state().rollouts.values(),
    isService: (name) => app.state().services.has(name as ServiceName),
    signalAgeMs: () => app.signals.ageMs(),
  });
  options.metrics.loopSeen(() => view.state());
  return {
    leader,
    outbox,
    async close() {
      untap();
      view.close();
      pruner.close();
      await Promise.all([guards.close(), releases.close(), probing.close()]);
      await Promise.all([outbox.close(), leader.close()]);
    },
  };
}

function leaderObserver(
  { name, logger, metrics }: ControlOptions,
  onElected: () => void,
): LeaderObserver {
  let toldFailure = "";
  metrics.leads(false);
  return {
    elected({ modRevision }) {
      toldFailure = "";
      metrics.leads(true);
      logger.info({ name, term: String(modRevision) }, "this replica leads");
      onElected();
    },
    lost({ modRevision }, why) {
      metrics.leads(false);
      logger.info({ name, term: String(modRevision), why }, "this replica leads no longer");
    },
    failed(why) {
      // Each attempt fails in the same way until somebody does something about it.
      if (why === toldFailure) return;
      toldFailure = why;
      logger.warn({ name, why }, "this replica cannot stand for leader");
    },
  };
}

function alertObserver({ app, logger, metrics }: ControlOptions): OutboxObserver {
  return {
    delivered(alert) {
      metrics.alerted("delivered");
      const { id, service } = alert;
      logger.info({ alert: id, service, to: destinationOf(alert) }, "alert delivered");
    },
    failed(alert, why, attempt) {
      metrics.alerted("failed");
      const { id, service } = alert;
      const what = { alert: id, service, to: destinationOf(alert), attempt, why };
      logger.warn(what, "alert not delivered; it is tried again");
    },
    givenUp(alert, why) {
      app.alerts.lost(alert);
      metrics.alerted("given_up");
      const { id, service, title } = alert;
      const what = { alert: id, service, title, to: destinationOf(alert), why };
      logger.error(what, "alert given up");
    },
    dropped(alert) {
      app.alerts.lost(alert);
      metrics.alerted("dropped");
      const { id, service, title } = alert;
      const what = { alert: id, service, title, to: destinationOf(alert) };
      logger.error(what, "alert dropped: too many wait for its receiver");
    },
    broken: (key, why) => logger.warn({ key, why }, "this is no alert, and nobody gets it"),
  };
}
