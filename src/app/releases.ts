/**
 * Releases in this replica: it tells how far its proxies are, and drives all releases while it leads.
 */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { Rollout } from "../model/rollout.ts";
import type { LoopMetrics } from "../observe/loop-metrics.ts";
import { createProvider } from "../observe/provider.ts";
import type { Leader } from "../rollout/leader.ts";
import { ReleaseController, type ReleaseObserver } from "../rollout/release-controller.ts";
import { ReleaseGates } from "../rollout/release-gates.ts";
import { ReleaseMeasurements } from "../rollout/release-measurements.ts";
import { guardStatusFolder, rolloutStatusFolder } from "../store/status-keys.ts";
import type { Store } from "../store/store.ts";
import { Acknowledgements, acksFolder } from "./acknowledgements.ts";
import type { App } from "./app.ts";
import type { LoadSignals } from "./load-signals.ts";
import { UnableVersions } from "./unable-versions.ts";

export interface ReleasesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly app: Pick<App, "changes" | "taps" | "state"> & {
    readonly signals: Pick<LoadSignals, "signal">;
    readonly xds: Pick<App["xds"], "behind" | "streams">;
  };
  readonly leader: Pick<Leader, "term" | "deposed">;
  /** Why guards cannot judge the canary now. */
  readonly blind: (rollout: Rollout) => readonly string[];
  readonly logger: Logger;
  readonly metrics: Pick<LoopMetrics, "releaseActed">;
  readonly fetch?: typeof fetch;
}

export interface Releases {
  /** Why a release does nothing just now, where this replica leads. */
  holds(service: string): string | undefined;
  close(): Promise<void>;
}

export function startReleases(options: ReleasesOptions): Releases {
  const { store, clock, app, leader, blind, logger, fetch } = options;
  const entries = () => app.taps.entries;
  const rollouts = () => app.state().rollouts.values();
  const unable = new UnableVersions();
  const acknowledgements = new Acknowledgements({
    ...{ store, clock, entries, taps: app.taps, xds: app.xds },
    replica: randomBytes(8).toString("hex"),
    releases: () => app.state().rollouts.keys(),
    onTrouble: (why) => {
      if (why !== undefined) logger.warn({ why }, "other replicas do not hear of our proxies");
    },
  });
  // Both wait for an event, and there is none before the controller is there.
  const poke = (): void => controller.poke();
  const measurements = new ReleaseMeasurements({
    signal: (...of) => app.signals.signal(...of),
    provider: createProvider(clock),
    onAnswer: poke,
  });
  const gates = new ReleaseGates({ clock, onAnswer: poke, ...(fetch && { fetch }) });
  const controller = new ReleaseController({
    ...{ clock, store, leader, entries, rollouts, measurements, gates, blind },
    unable: (rollout) => unable.of(rollout, app.state()),
    acknowledged: (service, revision) => acknowledgements.of(service, revision),
    observer: releaseObserver(options),
  });
  const prefixes = ["rollouts/", "weights/", rolloutStatusFolder, guardStatusFolder, acksFolder];
  const untap = app.taps.add(prefixes, {
    start: () => acknowledgements.tell(),
    change({ puts }) {
      // With its first release a replica says at once that it is there.
      if (puts.some(({ key }) => key.startsWith("rollouts/"))) acknowledgements.tell();
      controller.poke();
    },
  });
  return {
    holds: (service) => controller.holds(service),
    async close() {
      untap();
      await controller.close();
      await Promise.all([measurements.close(), gates.close(), acknowledgements.close()]);
    },
  };
}

const releaseObserver = ({ app, logger, metrics }: ReleasesOptions): ReleaseObserver => ({
  tried(kind, outcome) {
    metrics.releaseActed(kind, outcome === "notLeader" ? "not_leader" : outcome);
  },
  acted({ revision, event, ...rest }) {
    const what = { ...rest, event, revision: String(revision) };
    if (event === "Aborted") logger.error(what, "release: aborted");
    else logger.info(what, "release: a step further");
  },
  notActed(service, why) {
    logger.error({ service, why }, "release: it could not act yet");
  },
  unreadable(service, why) {
    logger.error({ service, why }, "release: what it rests on cannot be read, so it does nothing");
  },
  held: (service) => app.changes.touched(service),
});
