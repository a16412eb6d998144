/**
 * `serin serve`: opens the store, follows it, and serves proxies from the first full list on. The
 * admin port is there from the start, so that an operator can see why a server is not ready.
 */
import { hostname } from "node:os";
import type { Logger } from "pino";
import { startAdminServer } from "../admin/server.ts";
import type { HostPort, ServeConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { createLogger } from "../observe/log.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { builtInGateway } from "../translate/built-in-gateway.ts";
import { startXdsServer } from "../xds/server.ts";
import { App } from "./app.ts";
import { createPipelineObserver } from "./pipeline-observer.ts";
import { createStoreObserver } from "./store-observer.ts";
import { version } from "./version.ts";
import { createXdsObserver } from "./xds-observer.ts";

export interface RunningServer {
  readonly app: App;
  readonly xds: HostPort;
  readonly admin: HostPort;
  /** Lets proxies go one by one, then stops. */
  drain(): Promise<void>;
}

/** Resolves when proxies can connect; an error names what could not be opened and why. */
export async function startServer(
  config: ServeConfig,
  logger: Logger,
): Promise<Result<RunningServer, string>> {
  const metrics = createMetrics();
  const opened = await open(config, metrics);
  if (!opened.ok) return opened;
  return startOver(opened.value, config, { logger, metrics });
}

/** As `startServer`, over a store that is open already; the server closes it. */
export async function startOver(
  store: Store,
  config: Pick<ServeConfig, "xdsListen" | "adminListen" | "defaultGateway">,
  tell: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<Result<RunningServer, string>> {
  const { logger, metrics } = tell;
  const app = new App({
    store,
    clock: systemClock,
    version,
    controlPlane: `serin/${version} ${hostname()}/${process.pid}`,
    defaultGateway: config.defaultGateway && builtInGateway(config.defaultGateway),
    observer: {
      ...createXdsObserver(logger, metrics),
      ...createPipelineObserver(logger, metrics),
    },
  });
  const stop = async (): Promise<void> => {
    await app.close();
    await store.close();
  };
  const admin = await startAdminServer(app, config.adminListen, metrics, logger);
  if (!admin.ok) {
    await stop();
    return admin;
  }
  logger.info({ store: store.description, admin: admin.value.address }, "waiting for the store");
  await app.started;
  const xds = await startXdsServer(app.hub, config.xdsListen);
  if (!xds.ok) {
    await admin.value.close();
    await stop();
    return err(xds.error);
  }
  app.serving();
  logger.info({ xds: xds.value.address, revision: String(app.revision()) }, "serving proxies");
  return ok({
    app,
    xds: xds.value.address,
    admin: admin.value.address,
    async drain() {
      await xds.value.drain();
      await admin.value.close();
      await stop();
    },
  });
}

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
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  const starting = startServer(config, logger);
  const first = await Promise.race([starting, stopped]);
  if (typeof first === "string") return 0;
  if (!first.ok) {
    logger.fatal(first.error);
    return 1;
  }
  const signal = await stopped;
  logger.info({ signal }, "draining");
  await first.value.drain();
  return 0;
}
