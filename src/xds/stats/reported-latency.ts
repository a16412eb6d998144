/**
 * How long requests to a cluster took, as an Envoy counts them since its message before: a histogram,
 * ms. Requests that go through an aggregate cluster are its own, and of none of those that it is made of.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats#dynamic-http-statistics
 */
export interface ReportedLatency {
  readonly cluster: string;
  /** Where buckets end, rising; the last bucket has no end. Many clusters share one of them. */
  readonly bounds: readonly number[];
  /** Of each bucket: one more than there are bounds. */
  readonly counts: readonly number[];
}
