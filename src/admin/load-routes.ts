/**
 * `GET /v1/load`: what came of the requests to each cluster and endpoint, as the proxies of this
 * server have reported since its start. `?service=web` gives the clusters of one service.
 * `GET /v1/load/reporters`: who reports.
 */
import { type ClusterJson, type EndpointJson, getLoad, listReporters } from "../api/load.ts";
import { limits } from "../config/limits.ts";
import type { LatencyWindow } from "../observe/latency/window.ts";
import type { ClusterTally, EndpointTally } from "../observe/load/tally.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { reply, route } from "./route.ts";

export const loadRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, getLoad, ({ query: { service } }) => {
    const { tally, latency, nowMs } = sources.load();
    const clusters = tally.clusters(nowMs).filter(({ cluster }) => isOf(service, cluster));
    const entries = clusters.reduce((sum, { endpoints }) => sum + 1 + endpoints.length, 0);
    if (entries > limits.admin.loadEntries) {
      const detail = `${entries} clusters and endpoints; ask for one service: ?service=NAME`;
      return problem(422, "too-large", detail);
    }
    const { reporters, oldestAtMs } = tally.totals(nowMs);
    return reply({
      reporters,
      ageMs: ageOf(oldestAtMs, nowMs),
      leftOut: tally.leftOut + latency.leftOut,
      clusters: clusters.map((each) => clusterJson(each, latency, nowMs)),
    });
  });

  route(app, context, listReporters, () => {
    const { tally, nowMs } = sources.load();
    return reply(
      tally.reporters(nowMs).map(({ reporter, heardMs, intervalMs }) => ({
        node: reporter,
        ageMs: Math.round(nowMs - heardMs),
        intervalMs: Math.round(intervalMs),
      })),
    );
  });
};

const isOf = (service: string | undefined, cluster: string): boolean =>
  service === undefined || cluster.startsWith(`${service}/`);

const ageOf = (atMs: number | undefined, nowMs: number): number | null =>
  atMs === undefined ? null : Math.round(nowMs - atMs);

function clusterJson(tally: ClusterTally, window: LatencyWindow, nowMs: number): ClusterJson {
  const took = window.of(tally.cluster, nowMs);
  const { cluster, ok, errors, inProgress, dropped, reporters, heardMs } = tally;
  return {
    ...{ cluster, ok, errors, inProgress, dropped, reporters },
    ageMs: ageOf(heardMs, nowMs),
    metrics: Object.fromEntries(tally.metrics),
    latencyMs: took === undefined ? null : { p50: rounded(took.p50), p99: rounded(took.p99) },
    endpoints: tally.endpoints.map((each) => endpointJson(each, nowMs)),
  };
}

/** To microseconds. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

const endpointJson = (
  { address, ok, errors, inProgress, atMs }: EndpointTally,
  nowMs: number,
): EndpointJson => ({ address, ok, errors, inProgress, ageMs: Math.round(nowMs - atMs) });
