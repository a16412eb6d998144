/** Messages of load reports, as a proxy sends them. */
import { encodeMessage } from "../../../../src/proto/encode.ts";
import type { MessageOf } from "../../../../src/proto/messages.ts";

export type Stats = MessageOf<"envoy.config.endpoint.v3.ClusterStats">;

export const feature = "envoy.lrs.supports_send_all_clusters";

export const nodeBytes = (node: object = {}): Uint8Array =>
  encodeMessage("envoy.config.core.v3.Node", { id: "n", client_features: [feature], ...node });

/** `node`: encoded, whatever it is. */
export const loadRequest = (clusters: readonly Stats[] = [], node?: Uint8Array): Uint8Array =>
  encodeMessage("envoy.service.load_stats.v3.LoadStatsRequest", {
    ...(node !== undefined && { node }),
    cluster_stats: clusters,
  });

const socket = (address: string, port_value: number) => ({
  socket_address: { address, port_value },
});

/** One cluster with one endpoint that has all of its requests. */
export const stats = (cluster_name: string, ok: number, errors = 0, inProgress = 0): Stats => {
  const counts = {
    total_successful_requests: ok,
    total_error_requests: errors,
    total_requests_in_progress: inProgress,
  };
  const endpoint = { address: socket("10.0.0.1", 80), ...counts };
  return {
    cluster_name,
    upstream_locality_stats: [{ ...counts, upstream_endpoint_stats: [endpoint] }],
    load_report_interval: { seconds: 2, nanos: 1_000_000 },
  };
};

/** As Envoy names those without requests. */
export const idle = (cluster_name: string): Stats => ({
  cluster_name,
  load_report_interval: { seconds: 3 },
});
