/** How long requests took, on its way from Envoys to the window of each version. */
import type { XdsCallbacks } from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import type { LatencyWindow } from "../observe/latency/window.ts";
import { versionName } from "../observe/load/version-name.ts";

/** The callbacks of an observer, with the window before them. */
export function withLatency(
  observer: XdsCallbacks,
  window: LatencyWindow,
  clock: Clock,
): XdsCallbacks {
  return {
    ...observer,
    latencyReported(event) {
      const nowMs = clock.monotonicMs();
      for (const { cluster, bounds: scale, counts } of event.clusters) {
        const version = versionOf(cluster);
        if (version !== undefined) window.add(version, { scale, counts }, nowMs);
      }
      observer.latencyReported?.(event);
    },
  };
}

/**
 * `<service>/<subset>`; that of an aggregate (`web/v2+v1`) is the first one: what it was asked for. Lanes
 * are no versions, and what has no slash is serin itself, or of the Envoy's own bootstrap.
 */
function versionOf(cluster: string): string | undefined {
  const [plain = ""] = cluster.split("+", 1);
  return versionName(plain) && plain;
}
