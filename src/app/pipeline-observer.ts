import type { Logger } from "pino";
import type { Metrics } from "../observe/metrics.ts";
import type { PipelineObserver } from "./app.ts";

/** Tells log and metrics of the store's health and of each state that came into force. */
export function createPipelineObserver(logger: Logger, metrics: Metrics): PipelineObserver {
  let connected = false;
  return {
    storeHealth(health) {
      metrics.storeHealth(health.connected);
      if (!health.connected) logger.warn({ store: health.message }, "store trouble");
      else if (!connected) logger.info({ store: health.message }, "store connected");
      connected = health.connected;
    },
    built(event) {
      metrics.built(event);
      const { revision, changedKeys, changes, errors, warnings, ms } = event;
      if (changes === 0 && changedKeys.length === 0) return;
      const keys = changedKeys.slice(0, 5);
      const counts = { keys, keyCount: changedKeys.length, changes, errors, warnings };
      logger.info({ revision: String(revision), ...counts, ms: Math.round(ms) }, "built");
    },
  };
}
