/**
 * What one message of etcd's watch stream means, as a pure function of the state before it. Rules:
 * https://etcd.io/docs/v3.5/learning/api_guarantees/ and notes on `fragment`, `compact_revision` and
 * `created` in etcd's rpc.proto.
 *
 * - A revision is delivered whole or not at all; a response may come in fragments.
 * - Only events move `applied`. Headers do not: the header of `created` shows the store's revision,
 *   which may lie beyond events that are still to come, and some servers announce progress early.
 * - Whatever breaks the chain of revisions asks for a new list.
 */
import type { Entry, StoreChange } from "./store.ts";

export type RelistReason =
  | "start"
  | "compacted"
  | "canceled"
  | "denied"
  | "cluster"
  | "behind"
  | "decode"
  | "stream"
  | "held"
  | "divergence";

/** The part of etcd's WatchResponse that is read; revisions are decimal strings. */
export interface WatchMessage {
  readonly header: { readonly cluster_id: string; readonly revision: string };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export interface WatchEvent {
  readonly type: string;
  readonly kv: KeyValue;
}

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly mod_revision: string;
  readonly create_revision: string;
}

export interface StreamState {
  /** Revision of the last event that was applied; a new watch begins after it. */
  readonly applied: bigint;
  readonly clusterId: string;
  /** Bytes of the store's prefix, cut off every key. */
  readonly prefixBytes: number;
  /** Events of a response whose last fragment has not come yet. */
  readonly fragments: readonly WatchEvent[];
}

export type StreamStep =
  /** Progress, or a fragment with more to come. */
  | { readonly kind: "idle"; readonly state: StreamState }
  | { readonly kind: "created"; readonly state: StreamState }
  | {
      readonly kind: "changes";
      readonly state: StreamState;
      readonly changes: readonly StoreChange[];
    }
  | { readonly kind: "relist"; readonly reason: RelistReason; readonly detail: string };

export function step(state: StreamState, message: WatchMessage): StreamStep {
  try {
    return ending(state, message) ?? delivering(state, message);
  } catch (error) {
    // A malformed message: a missing part, or a revision that is no number.
    return relist("decode", error instanceof Error ? error.message : String(error));
  }
}

const relist = (reason: RelistReason, detail: string): StreamStep => ({
  kind: "relist",
  reason,
  detail,
});

function ending(state: StreamState, message: WatchMessage): StreamStep | undefined {
  if (BigInt(message.compact_revision) > 0n) {
    return relist("compacted", `history before revision ${message.compact_revision} is gone`);
  }
  if (message.canceled) {
    const detail = message.cancel_reason || "etcd gave no reason";
    return relist(/permission denied|auth token/.test(detail) ? "denied" : "canceled", detail);
  }
  if (message.header.cluster_id !== state.clusterId) {
    return relist("cluster", "another etcd cluster answers at this endpoint");
  }
  if (message.created && BigInt(message.header.revision) < state.applied) {
    const detail = `etcd is at revision ${message.header.revision}, serin at ${state.applied}`;
    return relist("behind", detail);
  }
  return undefined;
}

function delivering(state: StreamState, message: WatchMessage): StreamStep {
  const events =
    state.fragments.length === 0 ? message.events : [...state.fragments, ...message.events];
  if (message.fragment) return { kind: "idle", state: { ...state, fragments: events } };
  if (events.length === 0) return { kind: message.created ? "created" : "idle", state };
  const changes = wholeRevisions(events, state);
  if (changes === undefined) return relist("decode", "events came out of order");
  const applied = changes.at(-1)?.revision ?? state.applied;
  return { kind: "changes", state: { ...state, applied, fragments: [] }, changes };
}

/** One change per revision beyond `applied`; undefined when the revisions do not ascend. */
function wholeRevisions(
  events: readonly WatchEvent[],
  state: StreamState,
): StoreChange[] | undefined {
  const changes: { revision: bigint; puts: Entry[]; deletes: string[] }[] = [];
  let last = 0n;
  for (const event of events) {
    const revision = BigInt(event.kv.mod_revision);
    if (revision < last) return undefined;
    last = revision;
    if (revision <= state.applied) continue;
    let change = changes.at(-1);
    if (change === undefined || change.revision !== revision) {
      change = { revision, puts: [], deletes: [] };
      changes.push(change);
    }
    if (isDelete(event.type)) change.deletes.push(keyOf(event.kv.key, state.prefixBytes));
    else change.puts.push(entryOf(event.kv, state.prefixBytes));
  }
  return changes;
}

function isDelete(type: string): boolean {
  // The etcd3 package spells its enums in title case.
  if (type === "Delete" || type === "DELETE") return true;
  if (type === "Put" || type === "PUT") return false;
  throw new Error(`event of unknown type ${type}`);
}

/** The value is copied, so that it does not keep the whole message in memory. */
export function entryOf(kv: KeyValue, prefixBytes: number): Entry {
  return {
    key: keyOf(kv.key, prefixBytes),
    value: Uint8Array.from(kv.value),
    modRevision: BigInt(kv.mod_revision),
    createRevision: BigInt(kv.create_revision),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A key that is not UTF-8 is shown in hex after U+FFFD, so that two such keys stay two. */
export function keyOf(key: Uint8Array, prefixBytes: number): string {
  const own = key.subarray(prefixBytes);
  try {
    return utf8.decode(own);
  } catch {
    return `\uFFFD${Buffer.from(own).toString("hex")}`;
  }
}
