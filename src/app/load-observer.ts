/** The events of load reports as log lines and metrics. A report itself is a count and no line. */
import type { Logger } from "pino";
import type { LoadObserver } from "../index.ts";
import type { Metrics } from "../observe/metrics.ts";

export function createLoadObserver(logger: Logger, metrics: Metrics): LoadObserver {
  /** Streams that have reported. */
  const reporters = new Set<number>();
  const count = (): void => metrics.loadReporters(reporters.size);
  return {
    loadStreamOpened({ peer }) {
      logger.debug({ peer }, "load stream opened");
    },
    loadReported({ stream, node, peer }) {
      metrics.loadReported();
      if (reporters.has(stream)) return;
      reporters.add(stream);
      count();
      logger.info({ node: node.id, peer }, "proxy reports its load");
    },
    loadStreamClosed({ stream, node, peer, code, reason, bug }) {
      if (reporters.delete(stream)) count();
      const what = { node: node?.id, peer, reason };
      if (bug !== undefined) logger.error({ ...what, err: bug }, "load stream ended by a bug");
      else if (code === "ok" || code === "unavailable") logger.info(what, "load stream closed");
      else logger.warn({ ...what, code }, "load stream refused");
    },
  };
}
