/**
 * Limits on what one proxy has under way to one cluster.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/circuit_breaker.proto
 */
import type { CircuitBreakers } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { wrapped } from "../../proto/values.ts";

/**
 * Envoy's own bounds (1,024 requests, 3 retries) protect a sidecar; a gateway with many clients runs
 * into them in ordinary load, and then fails requests of a healthy service.
 */
const wide = {
  maxConnections: 100_000,
  maxPendingRequests: 100_000,
  maxRequests: 100_000,
  maxRetries: 1_000,
};

export function circuitBreakersOf(
  own: CircuitBreakers,
): MessageOf<"envoy.config.cluster.v3.CircuitBreakers"> {
  return {
    thresholds: [
      {
        max_connections: wrapped(own.maxConnections ?? wide.maxConnections),
        max_pending_requests: wrapped(own.maxPendingRequests ?? wide.maxPendingRequests),
        max_requests: wrapped(own.maxRequests ?? wide.maxRequests),
        max_retries: wrapped(own.maxRetries ?? wide.maxRetries),
      },
    ],
  };
}
