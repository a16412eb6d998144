/**
 * `serin serve`: opens the store, follows it, and serves proxies from the first full list on. The
 * admin port is there from the start, so that an operator can see why a server is not ready.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "pino";
import { packageVersion } from "../cli/version.ts";
import type { HostPort, ServeConfig } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { tlsProblem } from "../index.ts";
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { createLogger } from "../observe/log.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { officialRoot } from "../proto/official.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { type AdminPortConfig, adminFilesProblem, openAdminPort } from "./admin-port.ts";
import { App } from "./app.ts";
import { startControl } from "./control.ts";
import { createPipelineObserver } from "./pipeline-observer.ts";
import { replicaPlace } from "./replica-place.ts";
import { ReplicaQuestions } from "./replica-questions.ts";
import { createSignalObserver } from "./signal-observer.ts";
import { createStoreObserver } from "./store-observer.ts";
import { startTracing } from "./tracing.ts";
import { createXdsObserver } from "./xds-observer.ts";
import { listenOptions, type XdsPortConfig } from "./xds-port.ts";

export interface RunningServer {
  readonly app: App;
  readonly xds: HostPort;
  readonly admin: HostPort;
  /** Lets proxies go one by one, then stops. */
  drain(): Promise<void>;
}

/** What a server is run with besides its configuration. */
export interface Surroundings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Ends a start that still waits for its store. */
  readonly stop: AbortSignal;
}

/**
 * Starts over a store that is open already, and closes it in the end. Resolves when proxies can
 * connect; an error names what could not be opened and why.
 */
export async function startOver(
  store: Store,
  config: XdsPortConfig &
    AdminPortConfig &
    Pick<ServeConfig, "defaultGateway"> &
    Partial<Pick<ServeConfig, "traces">>,
  surroundings: Surroundings,
): Promise<Result<RunningServer, string>> {
  const { logger, metrics } = surroundings;
  const version = packageVersion();
  // Containers may all have one process id.
  const replica = `${hostname()}-${randomBytes(4).toString("hex")}`;
  const told = {
    ...createXdsObserver(logger, metrics),
    ...createPipelineObserver(logger, metrics),
  };
  const tracing =
    config.traces &&
    startTracing(config.traces, { clock: systemClock, version, replica, logger, metrics });
  const app = new App({
    store,
    clock: systemClock,
    version,
    controlPlane: `serin/${version} ${hostname()}/${process.pid}`,
    defaultGateway: config.defaultGateway && builtInGateway(config.defaultGateway),
    observer: { ...told, ...tracing?.changes.observing(told) },
    tracer: tracing?.changes,
    signalObserver: createSignalObserver(logger),
    replica,
  });
  const closers: (() => Promise<void>)[] = [() => store.close(), () => app.close()];
  if (tracing !== undefined) closers.push(() => tracing.close());
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  const failed = async (error: string): Promise<Result<RunningServer, string>> => {
    await close();
    return err(error);
  };
  const admin = await openAdminPort(app, config, { logger, metrics });
  if (!admin.ok) return failed(admin.error);
  closers.push(() => admin.value.close());
  logger.info({ store: store.description, admin: admin.value.address }, "waiting for the store");
  // Before anyone is served: the first raw resource would hold every proxy up for so long.
  officialRoot();
  await Promise.race([app.started, aborted(surroundings.stop)]);
  if (surroundings.stop.aborted) return failed("stopped before the store could be read");
  const questions = shareWaits(app, { replica, listen: config.xdsListen, logger });
  closers.push(() => questions.close());
  if (!(await isKnown(questions, surroundings.stop))) {
    if (surroundings.stop.aborted) return failed("stopped before others knew of it");
    logger.warn(
      { waitedMs: limits.replicas.firstWriteMs },
      "the store has not taken the key of this replica: waits at others overlook its proxies until it does",
    );
  }
  const xds = await app.xds.listen(config.xdsListen, listenOptions(config, logger, metrics));
  if (!xds.ok) return failed(xds.error);
  questions.opened();
  app.serving(true);
  const revision = String(app.revision());
  // Its name is what a wait at another replica calls it by.
  logger.info({ xds: xds.value, revision, replica }, "serving proxies");
  const name = `${hostname()}/${process.pid}`;
  const control = startControl({ store, name, app, env: process.env, logger, metrics });
  closers.push(() => control.close());
  return ok({
    app,
    xds: xds.value,
    admin: admin.value.address,
    async drain() {
      app.serving(false);
      // At once, so that another replica acts while proxies go one by one.
      await Promise.all([control.close(), app.xds.drain()]);
      await close();
    },
  });
}

interface Sharing {
  readonly replica: string;
  readonly listen: HostPort;
  readonly logger: Logger;
}

function shareWaits(app: App, { replica, listen, logger }: Sharing): ReplicaQuestions {
  const questions = new ReplicaQuestions({
    ...{ store: app.store, taps: app.taps, xds: app.xds, replica, clock: systemClock },
    place: replicaPlace(listen),
    revision: () => app.revision(),
    onTrouble: (why) => {
      if (why !== undefined) logger.warn({ why }, "other replicas do not wait for our proxies");
    },
  });
  app.amongReplicas(questions);
  return questions;
}

/** Whether waits at other replicas count its proxies from now on. Routing comes first: it takes a bounded time. */
async function isKnown(questions: ReplicaQuestions, stop: AbortSignal): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = systemClock.after(limits.replicas.firstWriteMs, () => resolve(false));
  });
  const known = questions.known.then(() => true);
  const stopped = aborted(stop).then(() => false);
  const first = await Promise.race([known, late, stopped]);
  cancel();
  return first;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

function open(config: ServeConfig, metrics: Metrics): Promise<Result<Store, string>> {
  const { caFile, certFile, keyFile, user, password } = config.etcd;
  const tls = {
    ...(caFile && { caFile }),
    ...(certFile && { certFile }),
    ...(keyFile && { keyFile }),
  };
  return openStore(config.store, {
    prefix: config.prefix,
    allowEmpty: config.allowEmpty,
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(user !== undefined && { auth: { username: user, password: password ?? "" } }),
    onEvent: createStoreObserver(metrics),
  });
}

/** Serves until SIGTERM or SIGINT; a second signal stops at once. Returns the exit code. */
export async function serve(config: ServeConfig): Promise<number> {
  const logger = createLogger({ level: config.logLevel });
  const metrics = createMetrics();
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      stop.abort();
    });
  }
  // Long before they are used: a wrong file shows at once, also where the store is away.
  const wrong =
    (config.xdsTls && (await tlsProblem(config.xdsTls))) ?? (await adminFilesProblem(config));
  if (wrong !== undefined) {
    logger.fatal(wrong);
    return 1;
  }
  const opened = await open(config, metrics);
  const started = opened.ok
    ? await startOver(opened.value, config, { logger, metrics, stop: stop.signal })
    : opened;
  if (!started.ok) {
    if (stop.signal.aborted) return 0;
    logger.fatal(started.error);
    return 1;
  }
  await aborted(stop.signal);
  await started.value.drain();
  return 0;
}
