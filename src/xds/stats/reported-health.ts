/**
 * What an Envoy finds of the endpoints of its clusters, in plain values: three of its own statistics,
 * as they were when it sent them.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
 */
export interface ReportedHealth {
  readonly cluster: string;
  /** Endpoints that it knows. */
  readonly total: number;
  /** Of these, those that it sends requests to: none of them failed its checks or is ejected. */
  readonly healthy: number;
  /** Taken out by outlier detection; some of them may fail their health checks as well. */
  readonly ejected: number;
}
