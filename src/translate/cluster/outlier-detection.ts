/**
 * Ejection by the answers to ordinary requests: what the service says, and nothing that Envoy would
 * do besides by itself.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto
 */
import type { OutlierDetection } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";

/** Longest ejection where Envoy is told none. */
const envoyMaxEjectionMs = 300_000;

export function outlierDetectionOf(
  outlier: OutlierDetection,
): MessageOf<"envoy.config.cluster.v3.OutlierDetection"> {
  return {
    consecutive_5xx: wrapped(outlier.consecutive5xx),
    interval: duration(outlier.intervalMs),
    base_ejection_time: duration(outlier.baseEjectionMs),
    max_ejection_percent: wrapped(outlier.maxEjectionPercent),
    // Each ejection is longer than the last one up to here; Envoy wants no less than the first.
    max_ejection_time: duration(Math.max(envoyMaxEjectionMs, outlier.baseEjectionMs)),
    // From five endpoints on, Envoy would eject by comparison as well.
    enforcing_success_rate: wrapped(0),
    // Else a `/health` that succeeds takes an endpoint back whose requests fail.
    successful_active_health_check_uneject_host: wrapped(false),
  };
}
