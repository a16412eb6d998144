/** What Envoys find of their clusters on its way to the board, and as log lines. */
import type { Logger } from "pino";
import { limits } from "../config/limits.ts";
import type { HealthObserver, XdsCallbacks } from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { VerdictBoard } from "../observe/verdict/board.ts";

/** The callbacks of an observer, with the board before them. */
export function withVerdicts(
  observer: XdsCallbacks,
  board: VerdictBoard,
  clock: Clock,
): XdsCallbacks {
  return {
    ...observer,
    healthReported(event) {
      board.report(event.node, event.clusters.filter(isOfService), clock.monotonicMs());
      observer.healthReported?.(event);
    },
  };
}

/** An Envoy has clusters besides: serin itself, and what stands in its own bootstrap. */
const isOfService = ({ cluster }: { readonly cluster: string }): boolean =>
  cluster.includes("/") && cluster.length <= limits.verdict.clusterChars;

/** A proxy whose statistics are not taken sends them again and again: each reason is told once. */
export function createHealthObserver(logger: Logger): HealthObserver {
  const told = new Set<string>();
  return {
    healthRefused({ peer, code, reason, bug }) {
      if (bug !== undefined) {
        logger.error({ peer, reason, err: bug }, "metrics of a proxy met a bug");
        return;
      }
      if (told.has(reason)) return;
      told.add(reason);
      dropOldest(told, limits.observe.rejections);
      logger.warn({ peer, code, reason }, "metrics of a proxy refused");
    },
  };
}
