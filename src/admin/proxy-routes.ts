/** `GET /v1/proxies`: every connected proxy and how far it is. */
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { proxyStatus, proxyStreams } from "./proxy-status.ts";
import { parseRevision } from "./revision.ts";

export const proxyRoutes: Routes = (app, { sources: { xds } }) => {
  app.get("/v1/proxies", (c) => {
    const asked = c.req.query("revision");
    const revision = parseRevision(asked);
    if (asked !== undefined && revision === undefined) {
      return problem(400, "bad-request", "revision must be a whole number");
    }
    const streams = xds.streams();
    if (revision === undefined) return c.json(proxyStreams(streams).map(proxyStatus));
    const behind = xds.behind(undefined, { revision });
    const late = new Set(behind.map(({ stream }) => stream.id));
    const proxies = proxyStreams(streams).map((stream) => ({
      ...proxyStatus(stream),
      applied: !late.has(stream.id),
    }));
    return c.json(proxies);
  });
};
