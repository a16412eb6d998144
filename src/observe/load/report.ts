/**
 * What one proxy has said of its requests since its last report (LRS), in plain values: counts are
 * deltas, as they come on the wire, and `inProgress` is how it is now. What is told per locality is
 * summed up.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/load_report.proto
 */
import type { MetricSum } from "./signal.ts";

export interface LoadReport {
  /** Id of the node; it is what the proxy says. */
  readonly reporter: string;
  /** When it came, by the monotonic clock. */
  readonly atMs: number;
  /** The time that its counts cover: the longest of its clusters'; 0: a report without clusters. */
  readonly intervalMs: number;
  /** It says nothing more while it has no requests: then an old report is as good as a new one. */
  readonly restsWhenIdle: boolean;
  /** Clusters that a report does not name have had no requests. */
  readonly clusters: readonly ClusterLoad[];
}

/** Attempts that have ended. See `signal.ts` for what is an error. */
export interface LoadCounts {
  readonly ok: number;
  readonly errors: number;
  /** Begun, and not ended when the report was made. */
  readonly inProgress: number;
}

export interface ClusterLoad extends LoadCounts {
  /** `<service>/<subset>` of what serin makes; loads of clusters that share one are summed up. */
  readonly cluster: string;
  /** The name by which it asks for endpoints, where that is not its own; else empty. */
  readonly serviceName: string;
  /** Requests that the proxy itself refused (circuit breakers, drop_overload); not in `errors`. */
  readonly dropped: number;
  /** Figures that backends report with their answers (ORCA), by name. */
  readonly metrics: ReadonlyMap<string, MetricSum>;
  /** Empty where the proxy does not tell single endpoints, as gRPC clients do not. */
  readonly endpoints: readonly EndpointLoad[];
}

export interface EndpointLoad extends LoadCounts {
  /** `ip:port`; of IPv6 `[ip]:port`. */
  readonly address: string;
}
