import type { Logger } from "pino";
import type { Metrics } from "../observe/metrics.ts";
import type { PipelineObserver } from "./app.ts";
import { createDiagnosticLog } from "./diagnostic-log.ts";

/** Tells log and metrics of the store's health and of each state that came into force. */
export function createPipelineObserver(logger: Logger, metrics: Metrics): PipelineObserver {
  let connected = false;
  const logDiagnostics = createDiagnosticLog(logger);
  return {
    storeHealth(health) {
      metrics.storeHealth(health.connected);
      const store = health.message;
      if (health.held === true) logger.warn({ store }, "store holds the last good state");
      else if (!health.connected) logger.warn({ store }, "store trouble");
      else if (!connected) logger.info({ store }, "store connected");
      connected = health.connected;
    },
    built(event) {
      metrics.built(event);
      logDiagnostics(event.diagnostics);
      const { revision, changedKeys, changes, errors, warnings, ms } = event;
      if (changes === 0 && changedKeys.length === 0) return;
      const keys = changedKeys.slice(0, 5);
      const counts = { keys, keyCount: changedKeys.length, changes, errors, warnings };
      const line = { revision: String(revision), ...counts, ms: Math.round(ms) };
      logger[errors > 0 ? "warn" : "info"](line, "built");
    },
  };
}
