/** Whether a raw load assignment can take traffic. */
import { field, list } from "./plain-form.ts";

/**
 * The proxy sends nothing to these.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/health_check.proto#enum-config-core-v3-healthstatus
 */
const unusable: ReadonlySet<unknown> = new Set(["UNHEALTHY", "DRAINING", "TIMEOUT"]);

export function hasUsableEndpoint(assignment: unknown): boolean {
  return list(field(assignment, "endpoints")).some(
    (locality) =>
      // Endpoints that the proxy fetches from elsewhere are not seen here.
      field(locality, "leds_cluster_locality_config") !== undefined ||
      list(field(locality, "lb_endpoints")).some(
        (endpoint) => !unusable.has(field(endpoint, "health_status")),
      ),
  );
}
