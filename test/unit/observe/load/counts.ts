/** Counts of requests, written short, for the tests of what is made of them. */
import type {
  ReplicaCounts,
  ServiceCounts,
  SubsetCounts,
} from "../../../../src/observe/load/replica-counts.ts";
import type { MetricSum } from "../../../../src/observe/load/signal.ts";
import type { ClusterTotals, LoadTotals } from "../../../../src/observe/load/tally.ts";

export type Metrics = Readonly<Record<string, readonly [count: number, total: number]>>;

export const metricsOf = (metrics: Metrics): ReadonlyMap<string, MetricSum> =>
  new Map(Object.entries(metrics).map(([name, [count, total]]) => [name, { count, total }]));

export const subsetCounts = (
  ok: number,
  errors = 0,
  inProgress = 0,
  metrics: Metrics = {},
): SubsetCounts => ({ ok, errors, inProgress, metrics: metricsOf(metrics) });

export const cluster = (
  name: string,
  ...counts: Parameters<typeof subsetCounts>
): ClusterTotals => ({ cluster: name, ...subsetCounts(...counts) });

export const totals = (
  clusters: readonly ClusterTotals[],
  reporters = 1,
  oldestAtMs: number | undefined = 0,
): LoadTotals => ({ clusters, reporters, oldestAtMs });

/** One service `web`, counted for `forMs`. */
export const replica = (
  start: string,
  seq: number,
  subsets: Readonly<Record<string, SubsetCounts>>,
  more: { readonly forMs?: number; readonly reporters?: number; readonly ageMs?: number } = {},
): ReplicaCounts => {
  const { forMs = 1_000, reporters = 1, ageMs = 0 } = more;
  const web: ServiceCounts = { forMs, subsets: new Map(Object.entries(subsets)) };
  return { start, seq, reporters, ageMs, services: new Map([["web", web]]) };
};
