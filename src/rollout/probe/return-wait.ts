/** How long a version that was out as a whole waits for its share when an instance is back. Pure. */
import { limits } from "../../config/limits.ts";
import type { HealthCheck, Sickness } from "../../model/service.ts";

/** ms. gRPC clients keep a broken connection in mind, and its back-off, though they are told to leave it. */
export function returnWaitMs(
  { kind, sinceMs, backMs = sinceMs }: Sickness,
  { unhealthyThreshold, intervalMs, timeoutMs }: HealthCheck,
): number {
  const { returnMs, reconnectShare, reconnectMaxMs } = limits.probes;
  if (kind === "answer") return returnMs;
  // It was away for some time before it was found so.
  const foundAfterMs = unhealthyThreshold * (intervalMs + timeoutMs);
  const outageMs = Math.max(0, backMs - sinceMs) + foundAfterMs;
  return returnMs + Math.min(reconnectMaxMs, reconnectShare * outageMs);
}
