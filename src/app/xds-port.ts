/** How the port that proxies connect to is opened: as the flags say, with its events as log lines. */
import type { Logger } from "pino";
import type { ServeConfig } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import type { ListenObserver, ListenOptions } from "../index.ts";
import { dropOldest } from "../lib/drop-oldest.ts";

export type XdsPortConfig = Pick<ServeConfig, "xdsListen"> &
  Partial<Pick<ServeConfig, "xdsTls" | "xdsConnectionAgeMs">>;

export function listenOptions(config: XdsPortConfig, logger: Logger): ListenOptions {
  const { xdsTls, xdsConnectionAgeMs: connectionAgeMs } = config;
  return {
    ...(xdsTls !== undefined && { tls: xdsTls }),
    ...(connectionAgeMs !== undefined && { bounds: { connectionAgeMs } }),
    observer: logOf(logger),
  };
}

/** A client that tries again and again is told of once. */
function logOf(logger: Logger): ListenObserver {
  const told = new Set<string>();
  return {
    certificates(read) {
      if (read.ok) logger.info({ notAfter: read.value.notAfter }, "new certificate for xDS");
      else logger.error({ reason: read.error }, "certificate for xDS not taken, the old one stays");
    },
    refused(address, reason) {
      const key = JSON.stringify([address, reason]);
      if (told.has(key)) return;
      told.add(key);
      dropOldest(told, limits.observe.rejections);
      logger.warn({ address, reason }, "xDS connection refused");
    },
  };
}
