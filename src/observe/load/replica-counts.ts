/**
 * What one replica of serin tells the others of the requests that its proxies have reported: counts
 * that only rise while the process lives, so that a value which is lost, or comes twice, does no harm.
 */
import type { Counts, MetricSum } from "./signal.ts";

export interface ReplicaCounts {
  /** Of the process: another one counts from zero. */
  readonly start: string;
  /** Rises with each value that the process makes. */
  readonly seq: number;
  /** Proxies that are connected to the replica and have reported. */
  readonly reporters: number;
  /**
   * Since the oldest of their newest reports; undefined: there is no reporter. Where it is fresh (`freshMs` in
   * limits), it stays so until the next value says otherwise, or none comes for `beatMs`.
   */
  readonly ageMs: number | undefined;
  /** The value of that number was true until so long ago, and nothing came after it until then. */
  readonly sameUntil?: { readonly seq: number; readonly agoMs: number } | undefined;
  readonly services: ReadonlyMap<string, ServiceCounts>;
}

export interface ServiceCounts {
  /** The counts began at zero so long ago. */
  readonly forMs: number;
  /** By name of the subset. */
  readonly subsets: ReadonlyMap<string, SubsetCounts>;
}

export interface SubsetCounts extends Counts {
  /** Now, as last reported. */
  readonly inProgress: number;
  /** By name: figures that backends report (ORCA). */
  readonly metrics: ReadonlyMap<string, MetricSum>;
}

/**
 * What has come since `before`. A count that fell was begun anew, and so was everything beside it: all
 * of it has come since.
 */
export function countsSince(before: SubsetCounts | undefined, now: SubsetCounts): SubsetCounts {
  if (before === undefined || now.ok < before.ok || now.errors < before.errors) return now;
  const metrics = new Map<string, MetricSum>();
  for (const [name, sum] of now.metrics) metrics.set(name, sumSince(before.metrics.get(name), sum));
  const { inProgress } = now;
  return { ok: now.ok - before.ok, errors: now.errors - before.errors, inProgress, metrics };
}

function sumSince(before: MetricSum | undefined, now: MetricSum): MetricSum {
  if (before === undefined || now.count < before.count) return now;
  return { count: now.count - before.count, total: now.total - before.total };
}
