/**
 * What is known of the requests to one version of a service. Counts are as proxies count for LRS: per
 * upstream attempt; an error is a 5xx, a reset, a timeout, a connection that failed, or a gRPC status
 * that tells of the server. A 4xx is no error.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/load_report.proto
 */

/** Attempts that have ended. The rate is errors / (ok + errors): some errors were never issued. */
export interface Counts {
  readonly ok: number;
  readonly errors: number;
}

/** A figure that backends report with their answers (ORCA), such as a latency: of `count` answers. */
export interface MetricSum {
  readonly count: number;
  readonly total: number;
}

/** One version over a look-back, merged over all proxies and replicas. */
export interface SubsetSignal {
  readonly subset: string;
  readonly counts: Counts;
  /** Requests under way, as last reported. */
  readonly inProgress: number;
  readonly metrics: ReadonlyMap<string, MetricSum>;
  /**
   * Milliseconds since the oldest of the newest reports of all proxies that are connected; undefined: nobody
   * reports. What is older than the reporting interval and a grace is not the whole truth any more.
   */
  readonly ageMs: number | undefined;
  /** Proxies that have reported within the look-back. */
  readonly reporters: number;
}

export const noCounts: Counts = { ok: 0, errors: 0 };

export const requestsOf = ({ ok, errors }: Counts): number => ok + errors;
