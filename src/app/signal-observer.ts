import type { Logger } from "pino";
import { limits } from "../config/limits.ts";
import type { SignalObserver } from "./load-signals.ts";

/** Logs what keeps counts of requests from being whole: a guard then knows less than there is to know. */
export function createSignalObserver(logger: Logger): SignalObserver {
  return {
    sharing(trouble) {
      if (trouble === undefined) logger.info("counts of requests reach other replicas again");
      else logger.warn({ trouble }, "counts of requests do not reach other replicas");
    },
    reading(replica, trouble) {
      if (trouble === undefined) logger.info({ replica }, "counts of a replica are whole again");
      else logger.warn({ replica, trouble }, "counts of a replica are not taken, or not all");
    },
    leftOut(services) {
      if (services.length === 0) return logger.info("all services are judged again");
      const names = services.slice(0, limits.xds.loggedNames);
      logger.warn({ services: names, count: services.length }, "services are not judged: no room");
    },
  };
}
