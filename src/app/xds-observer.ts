/**
 * The xDS server's events as log lines and metrics: one line a push, however many streams it goes
 * to, and one line a rejection, however often a proxy repeats it.
 */
import type { Logger } from "pino";
import { redactRejection } from "../admin/redact.ts";
import { limits } from "../config/limits.ts";
import type { XdsObserver } from "../index.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { Metrics } from "../observe/metrics.ts";
import { shortName, type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { createLoadObserver } from "./load-observer.ts";
import { createHealthObserver } from "./verdict-intake.ts";

export function createXdsObserver(logger: Logger, metrics: Metrics): XdsObserver {
  const rejections = new Set<string>();
  return {
    ...createLoadObserver(logger, metrics),
    ...createHealthObserver(logger),
    streamOpened({ peer, variant }) {
      metrics.streamOpened(variant);
      logger.debug({ peer, variant }, "stream opened");
    },
    streamClosed({ node, peer, variant, code, reason, bug }) {
      metrics.streamClosed(variant, code);
      const what = { node: node?.id, peer, variant, reason };
      if (code === "resource_exhausted") logger.warn(what, "stream refused");
      else if (bug === undefined) logger.info(what, "stream closed");
      else logger.error({ ...what, err: bug }, "stream ended by a bug");
    },
    pushed({ typeUrl, ms, bare, ...event }) {
      const { variant, streams, bytes, resources, removed } = event;
      metrics.pushed({ type: typeLabel(typeUrl), variant, streams, bytes });
      const what = { type: shortName(typeUrl), ...event, ms: Math.round(ms * 10) / 10 };
      // They come for ever, and whenever a request names a host that nobody knows.
      if (bare > 0 && resources + removed === 0) logger.debug({ ...what, bare }, "pushed");
      else logger.info(what, "pushed");
    },
    acked({ node, typeUrl, version, ms }) {
      metrics.acked(typeLabel(typeUrl), ms);
      if (!logger.isLevelEnabled("debug")) return;
      const what = { node: node.id, type: shortName(typeUrl), version };
      logger.debug({ ...what, ms: Math.round(ms) }, "acked");
    },
    nacked({ node, typeUrl, version, names, message, ms }) {
      metrics.nacked(typeLabel(typeUrl), ms);
      const type = shortName(typeUrl);
      if (!isNew(rejections, JSON.stringify([node.id, type, version]))) return;
      const text = redactRejection(typeUrl, message).slice(0, limits.observe.rejectionChars);
      const what = { node: node.id, type, version, names };
      logger.warn({ ...what, message: text }, "rejected by the proxy");
    },
  };
}

/** A proxy may ask for any type; its words must not become label values. */
const typeLabel = (typeUrl: TypeUrl): string =>
  knownTypes.has(typeUrl) ? shortName(typeUrl) : "other";

const knownTypes: ReadonlySet<TypeUrl> = new Set(Object.values(typeUrls));

/** Remembers the last ones only. */
function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  dropOldest(seen, limits.observe.rejections);
  return true;
}
