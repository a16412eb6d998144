/**
 * How far each connected proxy is: what it was sent, what it accepted, what it rejected and why.
 * The form is that of `GET /v1/proxies`, which the command line reads.
 */
import { limits } from "../config/limits.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import { shortName, type TypeUrl } from "../snapshot/type-url.ts";
import type { XdsStream } from "../xds/stream.ts";
import { hasApplied, isOwing, type TypeState } from "../xds/type-state.ts";
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
export const proxyStreams = (streams: Iterable<XdsStream>): readonly XdsStream[] =>
  [...streams]
    .filter(({ node }) => node !== undefined)
    .sort((a, b) => compare(a.node?.id ?? "", b.node?.id ?? "") || a.openedAtMs - b.openedAtMs);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `nowMs` is wall-clock time. */
export function proxyStatus(stream: XdsStream, nowMs: number): ProxyStatus {
  const { node, view, variant, wire } = stream;
  return {
    node: node?.id ?? "",
    cluster: node?.cluster ?? "",
    userAgent: node?.userAgent ?? "",
    peer: wire.peer,
    variant,
    view: view?.key ?? null,
    connectedSince: new Date(stream.openedAtMs).toISOString(),
    types: [...stream.types].map(([typeUrl, type]) =>
      typeStatus(typeUrl, type, view?.table(typeUrl), nowMs - stream.changedAtMs(typeUrl)),
    ),
  };
}

function typeStatus(
  typeUrl: TypeUrl,
  type: TypeState,
  table: ResourceView | undefined,
  ageMs: number,
): TypeStatus {
  const { accepted, held, inFlight, rejected, separate, subscription } = type;
  const lastRejected = rejected?.nonce === type.lastNonce ? rejected?.version : undefined;
  return {
    type: shortName(typeUrl),
    typeUrl,
    subscription: { wildcard: subscription.wildcard, names: subscription.names.size },
    versionSent: inFlight?.version ?? lastRejected ?? accepted?.version ?? null,
    versionAcked: accepted?.version ?? null,
    status: statusWord(type, table, ageMs),
    ...(rejected !== undefined && {
      nack: {
        version: rejected.version,
        message: redactRejection(typeUrl, rejected.message),
        // Where each was rejected for itself, the last is not the only one.
        names: (separate && held.size > 0 ? [...held].sort() : rejected.names).slice(
          0,
          limits.admin.problemEntries,
        ),
        maybeApplied: true,
      },
    }),
    ageMs,
  };
}

function statusWord(
  type: TypeState,
  table: ResourceView | undefined,
  ageMs: number,
): TypeStatusWord {
  if (type.rejected !== undefined) return "NACKED";
  if (table !== undefined && hasApplied(type, table.generation)) return "SYNCED";
  return ageMs > limits.admin.staleMs ? "STALE" : "PENDING";
}

/** Types of a stream that it has not accepted as of a store revision. */
export interface Lag {
  readonly typeUrl: TypeUrl;
  /** It was rejected and will not be sent again: waiting is no use. */
  readonly rejected: boolean;
  /** What is rejected stood before: the build of the revision changed none of it. */
  readonly standing: boolean;
}

/** Undefined where the stream has no view at that revision yet. */
export function lagAt(stream: XdsStream, revision: bigint): readonly Lag[] | undefined {
  const { view } = stream;
  if (view?.revision === undefined || view.revision < revision) return undefined;
  const lags: Lag[] = [];
  for (const [typeUrl, type] of stream.types) {
    const generation = view.generationAt(revision, typeUrl) ?? 0;
    if (hasApplied(type, generation)) continue;
    const settled = type.inFlight === undefined && !isOwing(type);
    const rejected = settled && type.held.size > 0 && type.sentGeneration >= generation;
    const changed = view.changedAt(revision, typeUrl);
    const standing =
      rejected && changed !== undefined && [...type.held].every((name) => !changed.has(name));
    lags.push({ typeUrl, rejected, standing });
  }
  return lags;
}

export const hasAppliedAll = (stream: XdsStream, revision: bigint): boolean =>
  lagAt(stream, revision)?.length === 0;
