/**
 * The admin API over HTTP: what people, probes and the command line ask. One file per group of
 * routes; errors are problem details.
 */
import { createServer, type Server } from "node:http";
import { Hono } from "hono";
import type { Logger } from "pino";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { AdminContext, Routes } from "./context.ts";
import { explainRoutes } from "./explain-routes.ts";
import { refuseHost } from "./guard.ts";
import { healthRoutes } from "./health-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { serviceRoutes } from "./live/service-routes.ts";
import { loadRoutes } from "./load-routes.ts";
import { requestListener } from "./node-http.ts";
import { objectListRoutes } from "./object-list-routes.ts";
import { objectRoutes } from "./object-routes.ts";
import { probeRoutes } from "./probe-routes.ts";
import { problem } from "./problem.ts";
import { proxyRoutes } from "./proxy-routes.ts";
import { rolloutRoutes } from "./rollout-routes.ts";
import { snapshotRoutes } from "./snapshot-routes.ts";
import type { AdminSources } from "./sources.ts";
import { storeRoutes } from "./store-routes.ts";
import { verdictRoutes } from "./verdict-routes.ts";
import { waitRoutes } from "./wait-routes.ts";
import { weightRoutes } from "./weight-routes.ts";

export interface AdminServer {
  readonly address: HostPort;
  /** Ends waiting requests, then cuts what is still open. */
  close(): Promise<void>;
}

/** Fails with one sentence when the address cannot be bound. */
export async function startAdminServer(
  sources: AdminSources,
  listen: HostPort,
  metrics: Metrics,
  logger: Logger,
  onBroken?: AdminContext["onBroken"],
): Promise<Result<AdminServer, string>> {
  const closing = new AbortController();
  const signal = closing.signal;
  const app = adminApp({ sources, listen, metrics, logger, closing: signal, onBroken });
  const server = createServer(
    { requestTimeout: limits.admin.requestMs },
    requestListener((request, peer) => app.fetch(request, { peer })),
  );
  const failure = await bind(server, listen);
  if (failure !== undefined) {
    return err(`admin API: cannot listen on ${listen.host}:${listen.port}: ${failure}`);
  }
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : listen.port;
  return ok({
    address: { host: listen.host, port },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeIdleConnections();
        setImmediate(() => server.closeAllConnections());
      }),
  });
}

function bind(server: Server, { host, port }: HostPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.listen(port, host, () => resolve(undefined));
  });
}

const groups: readonly Routes[] = [
  probeRoutes,
  proxyRoutes,
  snapshotRoutes,
  storeRoutes,
  objectListRoutes,
  objectRoutes,
  explainRoutes,
  waitRoutes,
  weightRoutes,
  healthRoutes,
  historyRoutes,
  rolloutRoutes,
  loadRoutes,
  verdictRoutes,
  serviceRoutes,
];

/** The routes without a socket. */
export function adminApp(context: AdminContext): Hono {
  const app = new Hono();
  app.use(async (c, next) => refuseHost(context.listen, c.req.raw) ?? (await next()));
  for (const addTo of groups) addTo(app, context);
  app.notFound((c) => problem(404, "not-found", `no ${c.req.method} ${c.req.path} here`));
  app.onError((error, c) => {
    const { method, path } = c.req;
    if (c.req.raw.signal.aborted) {
      context.logger.debug({ method, path }, "admin API: the client went away");
      return problem(499, "client-gone", "the client went away");
    }
    context.logger.error({ method, path, error: error.stack ?? error.message }, "admin API failed");
    return problem(500, "internal", "a bug of serin; its log says more");
  });
  return app;
}
