/** How the port that proxies connect to is opened: as the flags say, with its events as log lines. */
import type { Logger } from "pino";
import type { ServeConfig } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import type { ListenObserver, ListenOptions } from "../index.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { Metrics } from "../observe/metrics.ts";
import { shownResource } from "./shown-resource.ts";

export type XdsPortConfig = Pick<ServeConfig, "xdsListen"> &
  Partial<Pick<ServeConfig, "xdsTls" | "xdsConnectionAgeMs" | "csds">>;

export function listenOptions(
  config: XdsPortConfig,
  logger: Logger,
  metrics: Pick<Metrics, "statusAsked">,
): ListenOptions {
  const { csds = "off", xdsTls, xdsConnectionAgeMs: connectionAgeMs } = config;
  return {
    ...(xdsTls !== undefined && { tls: xdsTls }),
    ...(connectionAgeMs !== undefined && { bounds: { connectionAgeMs } }),
    ...(csds !== "off" && { clientStatus: { readers: csds, show: shownResource } }),
    observer: observerOf(logger, metrics),
  };
}

/** A client that tries again and again is told of once, and counted each time. */
function observerOf(logger: Logger, metrics: Pick<Metrics, "statusAsked">): ListenObserver {
  const told = new Set<string>();
  const isNew = (...event: readonly string[]): boolean => {
    const key = JSON.stringify(event);
    if (told.has(key)) return false;
    told.add(key);
    dropOldest(told, limits.observe.rejections);
    return true;
  };
  return {
    certificates(read) {
      if (read.ok) logger.info({ notAfter: read.value.notAfter }, "new certificate for xDS");
      else logger.error({ reason: read.error }, "certificate for xDS not taken, the old one stays");
    },
    refused(address, reason) {
      if (isNew(address, reason)) logger.warn({ address, reason }, "xDS connection refused");
    },
    statusAnswered: () => metrics.statusAsked("ok"),
    statusFailed({ peer, code, reason, bug }) {
      metrics.statusAsked(code);
      const address = peer.replace(/:\d+$/, "");
      if (!isNew(address, code, reason) && bug === undefined) return;
      if (bug === undefined) logger.warn({ address, code, reason }, "no client status given");
      else logger.error({ address, err: bug }, "client status failed");
    },
  };
}
