/**
 * What all proxies of this process have reported, since its start: by cluster and by endpoint. Counts
 * of requests that have ended only grow, and stay when their proxy goes. How many are in progress is
 * known of those proxies alone that are still there.
 */
import { limits } from "../../config/limits.ts";
import type { ClusterLoad, LoadCounts, LoadReport } from "./report.ts";
import type { MetricSum } from "./signal.ts";

/** Beyond these, what is new is not counted, and told as `leftOut`. */
export interface TallyBounds {
  readonly clusters: number;
  /** Of all clusters. */
  readonly endpoints: number;
  /** Of one cluster. */
  readonly metrics: number;
  /** What nobody had requests of for so long is forgotten, with its counts, ms. */
  readonly forgetMs: number;
  /** A proxy that is late by so much is not waited for, ms. */
  readonly silentMs: number;
  /** One that reports less often than usual may be later, but by no more than this, ms. */
  readonly slowMs: number;
}

/** One cluster, summed up over proxies and time. */
export interface ClusterTally extends ClusterTotals {
  readonly serviceName: string;
  readonly dropped: number;
  readonly endpoints: readonly EndpointTally[];
  /** Proxies that are there and have had requests for it. */
  readonly reporters: number;
  /** When the one of them that has been silent for longest was heard; undefined: none is there. */
  readonly heardMs: number | undefined;
  /** When requests were reported last. */
  readonly atMs: number;
}

export interface EndpointTally extends LoadCounts {
  readonly address: string;
  readonly atMs: number;
}

/** A cluster without what is told to people alone. */
export interface ClusterTotals extends LoadCounts {
  readonly cluster: string;
  readonly metrics: ReadonlyMap<string, MetricSum>;
}

/** Everything; values that stay as they are. */
export interface LoadTotals {
  readonly clusters: Iterable<ClusterTotals>;
  /** Proxies that have reported and are there. */
  readonly reporters: number;
  /** When the one of them that has been silent for longest was heard; undefined: none is there. */
  readonly oldestAtMs: number | undefined;
}

/** A proxy that has reported and is there. */
export interface ReporterTally {
  /** Id of its node. */
  readonly reporter: string;
  readonly heardMs: number;
  /** The time that its last report covered; 0: not said. */
  readonly intervalMs: number;
}

interface Sum {
  ok: number;
  errors: number;
  inProgress: number;
  atMs: number;
}

interface Endpoint extends Sum {
  readonly address: string;
}

interface Cluster extends Sum {
  readonly cluster: string;
  readonly serviceName: string;
  dropped: number;
  readonly metrics: Map<string, MetricSum>;
  readonly endpoints: Map<string, Endpoint>;
  readonly reporters: Set<Reporter>;
}

interface Reporter {
  readonly name: string;
  /** When it reported last. */
  atMs: number;
  intervalMs: number;
  /** It has no requests, and says nothing until it has. */
  isAtRest: boolean;
  /** Those that it has had requests for. */
  readonly clusters: Set<Cluster>;
  /** What it had in progress when it reported last. */
  inProgress: Map<Sum, number>;
}

export class LoadTally {
  readonly #bounds: TallyBounds;
  readonly #clusters = new Map<string, Cluster>();
  readonly #reporters = new Map<number, Reporter>();
  #endpoints = 0;
  #leftOut = 0;
  #sweptMs = 0;

  constructor(bounds: TallyBounds) {
    this.#bounds = bounds;
  }

  /** Clusters, endpoints and figures of reports that were not counted, for want of room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** `stream`: of no other proxy; two may have one node id. */
  report(stream: number, report: LoadReport): void {
    const { atMs, intervalMs, restsWhenIdle, clusters } = report;
    this.#sweep(atMs);
    const reporter = this.#reporters.get(stream) ?? newReporter(report.reporter);
    this.#reporters.set(stream, reporter);
    reporter.atMs = atMs;
    reporter.intervalMs = intervalMs;
    reporter.isAtRest = restsWhenIdle && clusters.length === 0;
    takeBack(reporter);
    for (const load of clusters) this.#addCluster(reporter, load, atMs);
  }

  /** The proxy of this stream has gone. */
  left(stream: number): void {
    const reporter = this.#reporters.get(stream);
    if (reporter === undefined) return;
    this.#reporters.delete(stream);
    takeBack(reporter);
    for (const cluster of reporter.clusters) cluster.reporters.delete(reporter);
  }

  reporters(nowMs: number): readonly ReporterTally[] {
    return [...this.#reporters.values()].map((each) => ({
      reporter: each.name,
      heardMs: heardMs(each, nowMs),
      intervalMs: each.intervalMs,
    }));
  }

  totals(nowMs: number): LoadTotals {
    const clusters = this.#clusters.values();
    const oldestAtMs = oldestOf(this.#reporters.values(), nowMs);
    return { clusters: totalsOf(clusters), reporters: this.#reporters.size, oldestAtMs };
  }

  /** As guards see it: a proxy that is silent is as one that has gone, or it would blind them all. */
  judged(nowMs: number): LoadTotals {
    const { silentMs, slowMs } = this.#bounds;
    const heard = [...this.#reporters.values()]
      .map((each) => Math.min(nowMs, heardMs(each, nowMs) + moreTimeMs(each, slowMs)))
      .filter((atMs) => nowMs - atMs <= silentMs)
      .sort((a, b) => a - b);
    const clusters = totalsOf(this.#clusters.values());
    return { clusters, reporters: heard.length, oldestAtMs: heard[0] };
  }

  /** Without a copy, for whoever takes what it needs at once. */
  counts(): Iterable<Omit<ClusterTotals, "metrics">> {
    return this.#clusters.values();
  }

  /** When the proxy that has been silent for longest was heard; undefined: nobody reports. */
  oldestAtMs(nowMs: number): number | undefined {
    return oldestOf(this.#reporters.values(), nowMs);
  }

  /** In the order in which they were first heard of. */
  clusters(nowMs: number): readonly ClusterTally[] {
    return [...this.#clusters.values()].map((cluster) => tallyOf(cluster, nowMs));
  }

  cluster(name: string, nowMs: number): ClusterTally | undefined {
    const found = this.#clusters.get(name);
    return found && tallyOf(found, nowMs);
  }

  #addCluster(reporter: Reporter, load: ClusterLoad, atMs: number): void {
    const cluster = this.#clusters.get(load.cluster) ?? this.#newCluster(load);
    if (cluster === undefined) {
      this.#leftOut += 1;
      return;
    }
    add(reporter, cluster, load, atMs);
    cluster.dropped += load.dropped;
    cluster.reporters.add(reporter);
    reporter.clusters.add(cluster);
    for (const [name, sum] of load.metrics) this.#addMetric(cluster, name, sum);
    for (const each of load.endpoints) {
      const endpoint =
        cluster.endpoints.get(each.address) ?? this.#newEndpoint(cluster, each.address);
      if (endpoint === undefined) this.#leftOut += 1;
      else add(reporter, endpoint, each, atMs);
    }
  }

  #newCluster({ cluster, serviceName }: ClusterLoad): Cluster | undefined {
    if (this.#clusters.size >= this.#bounds.clusters) return undefined;
    const made: Cluster = {
      cluster,
      serviceName,
      ...noSum,
      dropped: 0,
      metrics: new Map(),
      endpoints: new Map(),
      reporters: new Set(),
    };
    this.#clusters.set(cluster, made);
    return made;
  }

  #newEndpoint(cluster: Cluster, address: string): Endpoint | undefined {
    if (this.#endpoints >= this.#bounds.endpoints) return undefined;
    this.#endpoints += 1;
    const made: Endpoint = { address, ...noSum };
    cluster.endpoints.set(address, made);
    return made;
  }

  #addMetric({ metrics }: Cluster, name: string, { count, total }: MetricSum): void {
    const before = metrics.get(name);
    if (before === undefined && metrics.size >= this.#bounds.metrics) this.#leftOut += 1;
    else {
      const { count: counted = 0, total: summed = 0 } = before ?? {};
      metrics.set(name, { count: counted + count, total: summed + total });
    }
  }

  /** Now and then: what is gone for good makes room. */
  #sweep(nowMs: number): void {
    const { forgetMs } = this.#bounds;
    if (nowMs - this.#sweptMs < forgetMs / 10) return;
    this.#sweptMs = nowMs;
    const isOld = ({ atMs, inProgress }: Sum): boolean =>
      nowMs - atMs >= forgetMs && inProgress === 0;
    for (const cluster of this.#clusters.values()) {
      const isClusterOld = isOld(cluster);
      for (const endpoint of cluster.endpoints.values()) {
        if (!isClusterOld && !isOld(endpoint)) continue;
        cluster.endpoints.delete(endpoint.address);
        this.#endpoints -= 1;
      }
      if (!isClusterOld) continue;
      this.#clusters.delete(cluster.cluster);
      for (const reporter of cluster.reporters) reporter.clusters.delete(cluster);
    }
  }
}

const noSum = { ok: 0, errors: 0, inProgress: 0, atMs: 0 };

const newReporter = (name: string): Reporter => ({
  name,
  atMs: 0,
  intervalMs: 0,
  isAtRest: false,
  clusters: new Set(),
  inProgress: new Map(),
});

/** A report says how many are in progress, and not how many more. */
function takeBack(reporter: Reporter): void {
  for (const [sum, count] of reporter.inProgress) sum.inProgress -= count;
  reporter.inProgress = new Map();
}

function add({ inProgress }: Reporter, sum: Sum, counts: LoadCounts, atMs: number): void {
  sum.ok += counts.ok;
  sum.errors += counts.errors;
  sum.atMs = atMs;
  if (counts.inProgress === 0) return;
  sum.inProgress += counts.inProgress;
  inProgress.set(sum, (inProgress.get(sum) ?? 0) + counts.inProgress);
}

/** One that is at rest is heard as long as it is connected. */
const heardMs = ({ atMs, isAtRest }: Reporter, nowMs: number): number => (isAtRest ? nowMs : atMs);

const moreTimeMs = ({ intervalMs }: Reporter, mostMs: number): number =>
  Math.min(mostMs, Math.max(0, intervalMs - limits.xds.loadIntervalMs));

function oldestOf(reporters: Iterable<Reporter>, nowMs: number): number | undefined {
  let oldest: number | undefined;
  for (const each of reporters) oldest = Math.min(oldest ?? nowMs, heardMs(each, nowMs));
  return oldest;
}

function* totalsOf(clusters: Iterable<Cluster>): Iterable<ClusterTotals> {
  for (const { cluster, ok, errors, inProgress, metrics } of clusters) {
    yield { cluster, ok, errors, inProgress, metrics: new Map(metrics) };
  }
}

function tallyOf(cluster: Cluster, nowMs: number): ClusterTally {
  const { reporters, metrics, endpoints, ...rest } = cluster;
  return {
    ...rest,
    metrics: new Map(metrics),
    endpoints: [...endpoints.values()].map((endpoint) => ({ ...endpoint })),
    reporters: reporters.size,
    heardMs: oldestOf(reporters, nowMs),
  };
}
