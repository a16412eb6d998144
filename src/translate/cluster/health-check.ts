/**
 * Active health checks of a cluster, so that N failed probes in a row, at the interval that was
 * given, take an endpoint out: no fewer, no more, and whether it has traffic or not.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/health_check.proto
 */
import type { AppProtocol, HealthCheck } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";

type HealthCheckMessage = MessageOf<"envoy.config.core.v3.HealthCheck">;

/** Every status that HTTP has. Envoy looks at the expected ones first. */
const everyStatus = { start: 100, end: 600 };

/**
 * `host` is asked for where the check names none: Envoy would send the cluster's name, and a `/` in
 * a Host header is an error to many servers. Undefined where Envoy would refuse the check.
 */
export function healthCheckOf(
  health: HealthCheck,
  protocol: AppProtocol,
  host: string,
): HealthCheckMessage | undefined {
  const checker = checkerOf(health.check, protocol, host);
  if (checker === undefined) return undefined;
  const interval = duration(health.intervalMs);
  return {
    timeout: duration(health.timeoutMs),
    interval,
    // The default, 60 s, holds as long as a cluster has had no traffic, as a canary at 0 % has not.
    no_traffic_interval: interval,
    unhealthy_threshold: wrapped(health.unhealthyThreshold),
    healthy_threshold: wrapped(health.healthyThreshold),
    ...checker,
  };
}

function checkerOf(
  check: HealthCheck["check"],
  protocol: AppProtocol,
  host: string,
): HealthCheckMessage | undefined {
  switch (check.kind) {
    case "tcp":
      return { tcp_health_check: {} };
    case "grpc":
      // Envoy refuses it on a cluster without HTTP/2, and with it every change of clusters.
      if (protocol !== "http2") return undefined;
      return { grpc_health_check: { service_name: check.serviceName, authority: host } };
    case "http":
      return {
        http_health_check: {
          path: check.path,
          host: check.host ?? host,
          codec_client_type: protocol === "http2" ? "HTTP2" : "HTTP1",
          expected_statuses: rangesOf(check.expectedStatuses),
          // Any other status than an expected or a retriable one ejects at the first probe.
          retriable_statuses: [everyStatus],
        },
      };
  }
}

/** Neighbours become one range; `end` is the first status beyond. Empty: 200, as in Envoy. */
function rangesOf(statuses: readonly number[]): readonly { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (const status of [...new Set(statuses)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.end === status) last.end++;
    else ranges.push({ start: status, end: status + 1 });
  }
  return ranges;
}
