/**
 * Load reports (LRS) in plain values, for the user of the server: counts are what came since the
 * report before, as they come on the wire. What had no requests is left out.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/load_report.proto
 */

/** Requests, as proxies count them: each attempt of a retried one is one. */
export interface ReportedCounts {
  /** Ended, and no error: a 404 is none. */
  readonly ok: number;
  /** A 5xx, a reset, a timeout, a failed connection, a gRPC status that tells of the server. */
  readonly errors: number;
  /** Not ended when the report was made. */
  readonly inProgress: number;
}

/** One cluster of one proxy. */
export interface ReportedCluster {
  readonly cluster: string;
  /** By which it asks for endpoints, where that is not its own name; else empty. */
  readonly serviceName: string;
  /** The time that the counts cover, ms. */
  readonly intervalMs: number;
  /** Requests that the proxy itself refused: circuit breakers, `drop_overload`. No errors. */
  readonly dropped: number;
  readonly localities: readonly ReportedLocality[];
}

/** The endpoints of one locality and priority. */
export interface ReportedLocality extends ReportedCounts {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly priority: number;
  /** What backends say with their answers (ORCA), by name; `cpu_utilization` and its like too. */
  readonly metrics: ReadonlyMap<string, ReportedMetric>;
  /** Those with requests; none where the proxy tells no single ones, as gRPC clients do not. */
  readonly endpoints: readonly ReportedEndpoint[];
}

/** The sum of a figure over so many requests. */
export interface ReportedMetric {
  readonly count: number;
  readonly total: number;
}

export interface ReportedEndpoint extends ReportedCounts {
  /** `10.0.0.1:80`, `[::1]:80`, or the path of a Unix socket. */
  readonly address: string;
}
