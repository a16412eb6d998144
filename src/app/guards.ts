/**
 * Guards in this replica: the versions that they watch are judged, and what fails is taken out, if this
 * replica leads.
 */
import type { Logger } from "pino";
import type { GuardsView } from "../admin/sources.ts";
import type { Clock } from "../lib/clock.ts";
import type { Rollout } from "../model/rollout.ts";
import type { LoopMetrics } from "../observe/loop-metrics.ts";
import { createProvider } from "../observe/provider.ts";
import { GuardLooks, type GuardObserver } from "../rollout/guard/guard-looks.ts";
import { lookName, looksOf } from "../rollout/guard/guarded-service.ts";
import type { Leader } from "../rollout/leader.ts";
import type { Store } from "../store/store.ts";
import type { App } from "./app.ts";
import { GuardedServices } from "./guarded-services.ts";
import type { LoadSignals } from "./load-signals.ts";

export interface GuardsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly app: Pick<App, "changes" | "taps" | "state"> & {
    readonly signals: Pick<LoadSignals, "signal">;
  };
  readonly leader: Pick<Leader, "term" | "deposed">;
  readonly logger: Logger;
  readonly metrics: Pick<LoopMetrics, "guardTripped">;
}

export interface Guards {
  view(service: string): GuardsView;
  /** Why guards cannot judge the canary of a release now: one that has not passed it knows nothing for it. */
  blind(rollout: Rollout): readonly string[];
  close(): Promise<void>;
}

export function startGuards(options: GuardsOptions): Guards {
  const { store, clock, app, leader } = options;
  const guarded = new GuardedServices();
  const services = () => guarded.of(app.state());
  const looks = new GuardLooks({
    ...{ store, clock, leader, services },
    entries: () => app.taps.entries,
    signal: (...of) => app.signals.signal(...of),
    provider: createProvider(clock),
    observer: guardObserver(options),
  });
  return {
    view: (service) => ({ leads: leader.term() !== undefined, looks: looks.results(service) }),
    blind({ service, canary }) {
      const found = services().find(({ name }) => name === service);
      if (found === undefined) return [];
      const results = new Map(looks.results(service).map((each) => [lookName(each), each]));
      return looksOf(found).flatMap((look) => {
        if (look.subset !== canary) return [];
        const result = results.get(lookName(look));
        if (result === undefined) return [`guard ${look.guard.name} has not looked at it yet`];
        return result.verdict === "pass" ? [] : [result.reason];
      });
    },
    close: () => looks.close(),
  };
}

const guardObserver = ({ app, logger, metrics }: GuardsOptions): GuardObserver => ({
  tripped({ revision, ...event }) {
    metrics.guardTripped();
    logger.error({ ...event, revision: String(revision) }, "guard: a version was taken out");
  },
  notTripped(event, why) {
    logger.error({ ...event, why }, "guard: a version fails, and could not be taken out yet");
  },
  unreadable(key, why) {
    logger.error({ key, why }, "guard: its status cannot be read, so it does nothing");
  },
  judged: (service) => app.changes.touched(service),
});
