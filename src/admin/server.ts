/**
 * The admin API over HTTP: what people, probes and the command line ask. One file per group of
 * routes; errors are problem details.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { Hono } from "hono";
import type { Logger } from "pino";
import { operations } from "../api/operations.ts";
import { type HostPort, openPortProblem } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Access } from "./access/access.ts";
import { admit, identified, tellRefused } from "./access/admit.ts";
import { ruleOf } from "./access/rules.ts";
import type { AdminContext, Routes } from "./context.ts";
import { eventRoutes } from "./events/event-routes.ts";
import { explainRoutes } from "./explain-routes.ts";
import { refuseHost } from "./guard.ts";
import { healthRoutes } from "./health-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { honoPath } from "./hono-path.ts";
import { planRoutes } from "./live/plan-routes.ts";
import { serviceRoutes } from "./live/service-routes.ts";
import { Turns } from "./live/turns.ts";
import { loadRoutes } from "./load-routes.ts";
import { meRoutes } from "./me-routes.ts";
import { metaRoutes } from "./meta-routes.ts";
import { requestListener } from "./node-http.ts";
import { objectListRoutes } from "./object-list-routes.ts";
import { objectRoutes } from "./object-routes.ts";
import { pageRoutes } from "./page-routes.ts";
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

/** Where and how it listens, and who may ask. */
export interface AdminPort {
  readonly listen: HostPort;
  readonly access: Access;
  /** undefined: no TLS. */
  readonly tls: SecureContextOptions | undefined;
}

export interface AdminServer {
  readonly address: HostPort;
  /** For new connections. */
  replaceTls(tls: SecureContextOptions): void;
  /** Ends waiting requests, then cuts what is still open. */
  close(): Promise<void>;
}

/** Fails with one sentence when the address cannot be bound, or is open to all the world. */
export async function startAdminServer(
  sources: AdminSources,
  { listen, access, tls }: AdminPort,
  metrics: Metrics,
  logger: Logger,
  onBroken?: AdminContext["onBroken"],
): Promise<Result<AdminServer, string>> {
  const open = openPortProblem(listen, access.asksForTokens);
  if (open !== undefined) return err(open);
  const closing = new AbortController();
  const signal = closing.signal;
  const turns = new Turns(systemClock);
  const parts = { sources, listen, access, turns, metrics, logger };
  const app = adminApp({ ...parts, closing: signal, onBroken });
  const server = createHttp(
    tls,
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
    replaceTls(next) {
      if (server instanceof SecureServer) server.setSecureContext(next);
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeIdleConnections();
        setImmediate(() => server.closeAllConnections());
      }),
  });
}

function createHttp(tls: SecureContextOptions | undefined, listener: RequestListener): Server {
  const options = { requestTimeout: limits.admin.requestMs };
  if (tls === undefined) return createServer(options, listener);
  const { handshakeMs: handshakeTimeout } = limits.access;
  return createSecureServer({ ...options, ...tls, handshakeTimeout }, listener);
}

function bind(server: Server, { host, port }: HostPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.listen(port, host, () => resolve(undefined));
  });
}

const groups: readonly Routes[] = [
  pageRoutes,
  probeRoutes,
  meRoutes,
  metaRoutes,
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
  eventRoutes,
  planRoutes,
];

/** As the groups declare them: nobody is asked who he is yet. */
function routesOf(context: AdminContext): Hono["routes"] {
  const declared = new Hono();
  for (const addTo of groups) addTo(declared, context);
  return declared.routes;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6 */
function refuseOtherMethods(app: Hono, access: Access): void {
  for (const path of new Set(operations.map(honoPath))) {
    const same = operations.filter((each) => honoPath(each) === path);
    const methods = same.map(({ method }): string => method);
    const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : [])].join(", ");
    app.all(path, admit(access, ruleOf("GET", path)), (c) => {
      const response = problem(405, "method-not-allowed", `no ${c.req.method} here; only ${allow}`);
      response.headers.set("allow", allow);
      return response;
    });
  }
}

/** The routes without a socket. Each is reached through `admit` and in no other way. */
export function adminApp(context: AdminContext): Hono {
  const { access, listen } = context;
  const app = new Hono();
  app.use(async (c, next) => {
    const refusal = refuseHost(listen, c.req.raw);
    if (refusal === undefined) return next();
    tellRefused(access, c, "host");
    return refusal;
  });
  for (const { method, path, handler } of routesOf(context)) {
    app.on(method, path, admit(access, ruleOf(method, path)), handler);
  }
  refuseOtherMethods(app, access);
  app.notFound((c) => {
    const who = identified(access, c);
    if (who instanceof Response) return who;
    return problem(404, "not-found", `no ${c.req.method} ${c.req.path} here`);
  });
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
