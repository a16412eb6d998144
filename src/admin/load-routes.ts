/**
 * `GET /v1/load`: what came of the requests to each cluster and endpoint, as the proxies of this
 * server have reported since its start. `?service=web` gives the clusters of one service.
 * `GET /v1/load/reporters`: who reports.
 */
import { limits } from "../config/limits.ts";
import type { LatencyWindow } from "../observe/latency/window.ts";
import type { ClusterTally, EndpointTally } from "../observe/load/tally.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";

export interface LoadJson {
  /** Proxies that have reported and are connected. */
  readonly reporters: number;
  /** Since the one of them that has been silent for longest was heard; null: nobody reports. */
  readonly ageMs: number | null;
  /** Clusters, endpoints, figures and histograms that found no room, since the start. */
  readonly leftOut: number;
  readonly clusters: readonly ClusterJson[];
}

/** Requests that have ended, since the start, and those that have not, now. */
interface CountsJson {
  readonly ok: number;
  readonly errors: number;
  readonly inProgress: number;
}

export interface ClusterJson extends CountsJson {
  /** `<service>/<subset>` of what serin makes. */
  readonly cluster: string;
  /** Requests that proxies refused themselves: circuit breakers. */
  readonly dropped: number;
  /** Connected proxies that have had requests for it. */
  readonly reporters: number;
  /** As above, of these. */
  readonly ageMs: number | null;
  /** What backends report with their answers (ORCA), by name. */
  readonly metrics: Readonly<Record<string, { readonly count: number; readonly total: number }>>;
  /** Of the requests of the last 30 s; null: there were none, or no proxy tells how long they took. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly endpoints: readonly EndpointJson[];
}

export interface EndpointJson extends CountsJson {
  readonly address: string;
  /** Since requests to it were reported last. */
  readonly ageMs: number;
}

/** One of the proxies that have reported and are connected. */
export interface ReporterJson {
  readonly node: string;
  /** Since it was heard. */
  readonly ageMs: number;
  /** The time that its last report covered; 0: not said. */
  readonly intervalMs: number;
}

export const loadRoutes: Routes = (app, { sources }) => {
  app.get("/v1/load", (c) => {
    const service = c.req.query("service");
    const { tally, latency, nowMs } = sources.load();
    const clusters = tally.clusters(nowMs).filter(({ cluster }) => isOf(service, cluster));
    const entries = clusters.reduce((sum, { endpoints }) => sum + 1 + endpoints.length, 0);
    if (entries > limits.admin.loadEntries) {
      const detail = `${entries} clusters and endpoints; ask for one service: ?service=NAME`;
      return problem(422, "too-large", detail);
    }
    const { reporters, oldestAtMs } = tally.totals(nowMs);
    const body: LoadJson = {
      reporters,
      ageMs: ageOf(oldestAtMs, nowMs),
      leftOut: tally.leftOut + latency.leftOut,
      clusters: clusters.map((each) => clusterJson(each, latency, nowMs)),
    };
    return c.json(body);
  });

  app.get("/v1/load/reporters", (c) => {
    const { tally, nowMs } = sources.load();
    const body: readonly ReporterJson[] = tally
      .reporters(nowMs)
      .map(({ reporter, heardMs, intervalMs }) => ({
        node: reporter,
        ageMs: Math.round(nowMs - heardMs),
        intervalMs: Math.round(intervalMs),
      }));
    return c.json(body);
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
