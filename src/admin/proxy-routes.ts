/** `GET /v1/proxies`: every connected proxy and how far it is. */
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { hasAppliedAll, proxyStatus, proxyStreams } from "./proxy-status.ts";
import { parseRevision } from "./revision.ts";

export const proxyRoutes: Routes = (app, { sources: { hub } }) => {
  app.get("/v1/proxies", (c) => {
    const asked = c.req.query("revision");
    const revision = parseRevision(asked);
    if (asked !== undefined && revision === undefined) {
      return problem(400, "bad-request", "revision must be a whole number");
    }
    const proxies = proxyStreams(hub.streams).map((stream) => ({
      ...proxyStatus(stream, hub.wallMs()),
      ...(revision !== undefined && { applied: hasAppliedAll(stream, revision) }),
    }));
    return c.json(proxies);
  });
};
