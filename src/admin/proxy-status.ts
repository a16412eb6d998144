/**
 * How far each connected proxy is: what it was sent, what it accepted, what it rejected and why.
 * The form is that of `GET /v1/proxies`, which the command line reads.
 */
import type { ProxyStatus, TypeStatus, TypeStatusWord } from "../api/proxies.ts";
import { limits } from "../config/limits.ts";
import { type StreamStatus, shortName, type TypeStatus as TypeStatusOf } from "../index.ts";
import { compareText } from "../lib/compare-text.ts";
import { redactRejection } from "./redact.ts";

/** Streams that have said who they are, in the order of their nodes. */
export const proxyStreams = (streams: readonly StreamStatus[]): readonly StreamStatus[] =>
  streams.filter(({ node }) => node !== undefined).sort(inOrderOfNodes);

export const inOrderOfNodes = (a: StreamStatus, b: StreamStatus): number =>
  compareText(nodeOf(a), nodeOf(b)) || a.openedAtMs - b.openedAtMs;

/** Id of its node. */
export const nodeOf = ({ node }: StreamStatus): string => node?.id ?? "";

export function proxyStatus(stream: StreamStatus): ProxyStatus {
  const { node, group, variant, peer } = stream;
  return {
    node: node?.id ?? "",
    cluster: node?.cluster ?? "",
    userAgent: node?.userAgent ?? "",
    peer,
    variant,
    view: group ?? null,
    connectedSince: new Date(stream.openedAtMs).toISOString(),
    types: stream.types.map(typeStatus),
  };
}

function typeStatus(type: TypeStatusOf): TypeStatus {
  const { typeUrl, rejection } = type;
  return {
    type: shortName(typeUrl),
    typeUrl,
    subscription: { wildcard: type.wildcard, names: type.names.size },
    versionSent: type.versionSent ?? null,
    versionAcked: type.versionAcked ?? null,
    status: statusWord(type),
    ...(rejection !== undefined && {
      nack: {
        version: rejection.version,
        message: redactRejection(typeUrl, rejection.message),
        names: rejection.names.slice(0, limits.admin.problemEntries),
        maybeApplied: true,
      },
    }),
    ageMs: type.ageMs,
  };
}

function statusWord({ state, ageMs }: TypeStatusOf): TypeStatusWord {
  if (state === "rejected") return "NACKED";
  if (state === "acked") return "SYNCED";
  return ageMs > limits.admin.staleMs ? "STALE" : "PENDING";
}
