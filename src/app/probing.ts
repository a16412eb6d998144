/**
 * Active health checks for gRPC clients, which make none themselves: this replica tells what its clients ask
 * for, and probes for all while it leads.
 */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { ServiceName } from "../model/names.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Leader } from "../rollout/leader.ts";
import { type Probe, probe } from "../rollout/probe/probe.ts";
import { probedService, whyNotProbed, withinBounds } from "../rollout/probe/probed-service.ts";
import { Prober, type ProberObserver } from "../rollout/probe/prober.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import { healthStatusFolder } from "../store/status-keys.ts";
import type { Entry, Store } from "../store/store.ts";
import type { App } from "./app.ts";
import { GrpcClients } from "./grpc-clients.ts";
import { isOfClients } from "./node-view.ts";

export interface ProbingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly app: Pick<App, "taps" | "state"> & {
    readonly xds: { readonly hub: Pick<App["xds"]["hub"], "namesAsked"> };
  };
  readonly leader: Pick<Leader, "term" | "deposed">;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "probed" | "probedInstances">;
  readonly probe?: Probe;
}

export interface Probing {
  /** Why no replica probes it now, one sentence; undefined: the one that leads does. */
  notProbed(service: ServiceName): string | undefined;
  close(): Promise<void>;
}

export function startProbing(options: ProbingOptions): Probing {
  const { store, clock, app, leader, logger } = options;
  const clients = new GrpcClients({
    ...{ store, clock, taps: app.taps, state: () => app.state() },
    replica: randomBytes(8).toString("hex"),
    asked: () => app.xds.hub.namesAsked(typeUrls.endpoint, isOfClients),
    onTrouble: (why) => {
      if (why !== undefined) logger.warn({ why }, "other replicas do not hear of our gRPC clients");
    },
  });
  const entries = new Map<string, Entry>();
  const untap = app.taps.add([healthStatusFolder], {
    start: (state) => {
      for (const [key, entry] of state.entries) entries.set(key, entry);
    },
    change: ({ puts, deletes }) => {
      for (const key of deletes) entries.delete(key);
      for (const entry of puts) entries.set(entry.key, entry);
    },
  });
  const serviceOf = (name: ServiceName) => app.state().services.get(name);
  const probed = (name: ServiceName) => {
    const service = serviceOf(name);
    return service && probedService(service);
  };
  const prober = new Prober({
    ...{ store, clock, leader, probed },
    entries: () => entries,
    needed: () => clients.services(),
    probe: options.probe ?? probe,
    observer: proberObserver(options),
  });
  const notProbed = (name: ServiceName): string | undefined => {
    const service = serviceOf(name);
    const why = service && whyNotProbed(service);
    if (why !== undefined) return why;
    const needed = clients.services();
    if (!needed.has(name)) return "no gRPC client asks for it";
    const all = [...needed].flatMap((each) => probed(each) ?? []);
    const { leftOut } = withinBounds(all, limits.probes.instances);
    const full = `there is room for ${limits.probes.instances} instances, and others come first`;
    return leftOut.includes(name) ? full : undefined;
  };
  return {
    notProbed,
    async close() {
      untap();
      await Promise.all([prober.close(), clients.close()]);
    },
  };
}

const proberObserver = ({ logger, metrics }: ProbingOptions): ProberObserver => ({
  probed: (kind) => metrics.probed(kind),
  counted: (probed, marked) => metrics.probedInstances(probed, marked),
  marked(service, sick) {
    const what = {
      service,
      sick: Object.fromEntries([...sick].slice(0, limits.rollout.listedNames)),
    };
    if (sick.size === 0) logger.info({ service }, "probes: all instances are well");
    else logger.warn({ ...what, count: sick.size }, "probes: instances are sick");
  },
  notWritten: (service, why) =>
    logger.error({ service, why }, "probes: what they found could not be written yet"),
  leftOut(services) {
    const listed = services.slice(0, limits.rollout.listedNames);
    if (services.length === 0) logger.info("probes: there is room for all instances again");
    else {
      const what = { services: listed, count: services.length, most: limits.probes.instances };
      logger.warn(what, "probes: too many instances, so these services are not probed");
    }
  },
});
