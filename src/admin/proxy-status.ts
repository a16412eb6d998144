/**
 * How far each connected proxy is: what it was sent, what it accepted, what it rejected and why.
 * The form is that of `GET /v1/proxies`, which the command line reads.
 */
import { limits } from "../config/limits.ts";
import { type StreamStatus, shortName, type TypeStatus as TypeStatusOf } from "../index.ts";
import { redactRejection } from "./redact.ts";

/**
 * `SYNCED`: the proxy accepted the newest. `PENDING`: something newer is on its way. `STALE`: on its
 * way for longer than a proxy needs. `NACKED`: the proxy rejected something that stands.
 */
export type TypeStatusWord = "SYNCED" | "PENDING" | "STALE" | "NACKED";

export interface TypeStatus {
  /** `CDS`, `EDS`, … */
  readonly type: string;
  readonly typeUrl: string;
  readonly subscription: { readonly wildcard: boolean; readonly names: number };
  /** Of the last response; null before the first. */
  readonly versionSent: string | null;
  readonly versionAcked: string | null;
  readonly status: TypeStatusWord;
  readonly nack?: {
    readonly version: string;
    readonly message: string;
    readonly names: readonly string[];
    /** Envoy takes the good resources of a rejected response, so what it holds is not known. */
    readonly maybeApplied: true;
  };
  /** Since the last response, ACK or NACK. */
  readonly ageMs: number;
}

export interface ProxyStatus {
  readonly node: string;
  readonly cluster: string;
  readonly userAgent: string;
  readonly peer: string;
  readonly variant: "sotw" | "delta";
  /** Key of its view: the gateways that select it; null while it has none. */
  readonly view: string | null;
  /** ISO time. */
  readonly connectedSince: string;
  readonly types: readonly TypeStatus[];
  /** Only where a revision was asked for: everything as of it is accepted. */
  readonly applied?: boolean;
}

/** Streams that have said who they are, in the order of their nodes. */
export const proxyStreams = (streams: readonly StreamStatus[]): readonly StreamStatus[] =>
  streams.filter(({ node }) => node !== undefined).sort(inOrderOfNodes);

export const inOrderOfNodes = (a: StreamStatus, b: StreamStatus): number =>
  compare(a.node?.id ?? "", b.node?.id ?? "") || a.openedAtMs - b.openedAtMs;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

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
