/** How far a proxy is: what it was sent, what it accepted, what it rejected and why. */
import type { ResourceView } from "../snapshot/resource-table.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { ProxyNode } from "./node.ts";
import type { XdsStream } from "./stream.ts";
import type { Variant } from "./stream-state.ts";
import { hasApplied, isOwing, type TypeState } from "./type-state.ts";

/** One proxy, and how far it is with each type. */
export interface StreamStatus {
  /** Of no other stream of this process. */
  readonly id: number;
  /** Undefined until its first message. */
  readonly node: ProxyNode | undefined;
  /** RTDS layers that it subscribes to. */
  readonly layers: ReadonlySet<string>;
  readonly peer: string;
  readonly variant: Variant;
  /**
   * Whose content it has, or undefined before it has any. One whose group has been cleared, or that
   * `reselect` found a group for that is not there, keeps what it has, and the group that this is from.
   */
  readonly group: string | undefined;
  /** Wall-clock milliseconds. */
  readonly openedAtMs: number;
  /** In push order. */
  readonly types: readonly TypeStatus[];
}

/** One type of a stream. */
export interface TypeStatus {
  readonly typeUrl: TypeUrl;
  readonly wildcard: boolean;
  /** Asked for one by one. */
  readonly names: ReadonlySet<string>;
  /** Of the last response; undefined before the first. */
  readonly versionSent: string | undefined;
  readonly versionAcked: string | undefined;
  /** Of what the proxy asks for in its group; `rejected`: something that it rejected stands. */
  readonly state: "acked" | "pending" | "rejected";
  readonly rejection: RejectionStatus | undefined;
  /** Milliseconds since the last response, ACK or NACK. */
  readonly ageMs: number;
}

/** What stands rejected of a type. */
export interface RejectionStatus {
  readonly version: string;
  /** The proxy's own words, without the dump of the resource that Envoy may add. */
  readonly message: string;
  /** Envoy takes the good resources of a rejected response: which of these it has is not known. */
  readonly names: readonly string[];
}

let lastId = 0;
const ids = new WeakMap<XdsStream, number>();

function idOf(stream: XdsStream): number {
  const known = ids.get(stream);
  if (known !== undefined) return known;
  lastId += 1;
  ids.set(stream, lastId);
  return lastId;
}

/** `nowMs` is wall-clock time. */
export function streamStatus(stream: XdsStream, nowMs: number): StreamStatus {
  const { proxy, view, variant, wire, openedAtMs } = stream;
  return {
    id: idOf(stream),
    node: proxy?.node,
    layers: proxy?.layers ?? new Set(),
    peer: wire.peer,
    variant,
    group: view?.key,
    openedAtMs,
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
  const { accepted, held, rejected, separate, subscription } = type;
  const isAcked = table !== undefined && hasApplied(type, table.generation);
  return {
    typeUrl,
    wildcard: subscription.wildcard,
    names: subscription.names,
    versionSent: versionSent(type),
    versionAcked: accepted?.version,
    state: rejected !== undefined ? "rejected" : isAcked ? "acked" : "pending",
    rejection: rejected && {
      version: rejected.version,
      message: rejected.message,
      // Where each was rejected for itself, the last is not the only one.
      names: separate && held.size > 0 ? [...held].sort() : rejected.names,
    },
    ageMs,
  };
}

/** Version of the last response; undefined before the first. */
export function versionSent({ accepted, inFlight, lastNonce, rejected }: TypeState) {
  const lastRejected = rejected?.nonce === lastNonce ? rejected?.version : undefined;
  return inFlight?.version ?? lastRejected ?? accepted?.version;
}

/** A type of a stream that it has not accepted as of a revision. */
export interface Lag {
  readonly typeUrl: TypeUrl;
  /** It was rejected and will not be sent again: waiting is no use. */
  readonly rejected: boolean;
  /** What is rejected stood before: the change of the revision changed none of it. */
  readonly standing: boolean;
}

/** Undefined where the stream has no group at that revision yet. */
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
