/** The part of the metrics that is about streams of `/v1/events`. */
import type { Registry } from "prom-client";
import { makers } from "./metric-makers.ts";

export interface EventMetrics {
  /** So many streams of events are open now; `ended`: why one of them has gone. */
  eventStream(open: number, ended?: string): void;
}

export function eventMetrics(registry: Registry): EventMetrics {
  const { counter, gauge } = makers(registry);
  const streams = gauge(
    "serin_admin_event_streams",
    "Open streams of `/v1/events`: pages and scripts that watch.",
    [],
  );
  const ends = counter(
    "serin_admin_event_ends_total",
    "Streams of `/v1/events` that ended; `stalled`: nothing was taken for a minute.",
    ["reason"],
  );
  return {
    eventStream(open, ended) {
      streams.set(open);
      if (ended !== undefined) ends.inc({ reason: ended });
    },
  };
}
