/** Ties traces of changes to the collector that they are sent to, and tells log and metrics of it. */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { TracesConfig } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Metrics } from "../observe/metrics.ts";
import { TraceExporter } from "../observe/trace/exporter.ts";
import { ChangeTraces } from "./change-traces.ts";

export interface Tracing {
  readonly changes: ChangeTraces;
  /** Sends what there is, within a bound. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly replica: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function startTracing(
  { url, share }: TracesConfig,
  { clock, version, replica, logger, metrics }: TracingOptions,
): Tracing {
  const exporter = new TraceExporter({
    url,
    clock,
    // https://opentelemetry.io/docs/specs/semconv/resource/#service
    resource: {
      "service.name": "serin",
      "service.version": version,
      "service.instance.id": replica,
    },
    idOf: (bytes) => randomBytes(bytes).toString("hex"),
    observer: {
      exported: (outcome, count) => metrics.traced(outcome, count),
      exporting(trouble) {
        if (trouble === undefined) logger.info("traces reach their collector again");
        else logger.warn({ trouble }, "traces do not reach their collector");
      },
    },
  });
  const changes = new ChangeTraces({
    clock,
    share,
    ended: (trace) => exporter.add(trace),
    dropped: () => metrics.traced("dropped", 1),
  });
  return {
    changes,
    async close() {
      await changes.close();
      await exporter.close();
    },
  };
}
