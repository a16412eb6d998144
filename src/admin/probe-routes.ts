/** Liveness, readiness and metrics: what machines ask. */
import { getLiveness, getMetrics, getReadiness } from "../api/probes.ts";
import { shortName, typeUrls } from "../snapshot/type-url.ts";
import type { Routes } from "./context.ts";
import { proxyStatus, proxyStreams } from "./proxy-status.ts";
import { route } from "./route.ts";
import type { AdminSources } from "./sources.ts";
import { unwellVersions } from "./verdict-routes.ts";

export const probeRoutes: Routes = (app, context) => {
  const { sources, metrics } = context;
  route(app, context, getLiveness, (_, c) => c.text("ok\n"));

  // A server that lost its store still serves the last good state, so it stays ready, and says so.
  route(app, context, getReadiness, (_, c) => {
    const { connected, message } = sources.storeHealth();
    if (!sources.ready()) {
      const listed = sources.revision() !== undefined;
      const why = listed ? "the xDS port does not listen yet" : "no full list of the store yet";
      return c.text(`not ready: ${why}; ${message}\n`, 503);
    }
    if (connected) return c.text("ready\n");
    return c.text(`ready, with the last good state: ${message}\n`);
  });

  route(app, context, getMetrics, async (_, c) => {
    metrics.observed({
      ready: sources.ready(),
      revision: sources.revision(),
      encodings: sources.xds.encodings,
      ...verdicts(sources),
      subscriptions: subscriptions(sources),
    });
    const text = await metrics.registry.metrics();
    return c.body(text, 200, { "content-type": metrics.registry.contentType });
  });
};

function verdicts(sources: AdminSources) {
  const { board, nowMs } = sources.verdicts();
  const translation = sources.translation();
  return {
    verdictReporters: board.reporters(nowMs).count,
    unwellVersions: translation === undefined ? 0 : unwellVersions(sources, translation).length,
  };
}

const knownTypes: ReadonlySet<string> = new Set(Object.values(typeUrls).map(shortName));

function subscriptions({
  xds,
}: AdminSources): readonly { type: string; status: string; count: number }[] {
  const counts = new Map<string, { type: string; status: string; count: number }>();
  for (const stream of proxyStreams(xds.streams())) {
    for (const { type: asked, status } of proxyStatus(stream).types) {
      const type = knownTypes.has(asked) ? asked : "other";
      const key = `${type} ${status}`;
      counts.set(key, { type, status, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...counts.values()];
}
