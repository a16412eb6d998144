/**
 * One linearizable list of a prefix, page by page, every page at the revision of the first. A
 * compaction in between takes that revision away; the list then starts again.
 */
import type { Etcd3, IRangeRequest, IRangeResponse } from "etcd3";
import { err, ok, type Result } from "../lib/result.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { isCompacted, isFuture } from "./etcd-errors.ts";
import type { StoreLimits } from "./etcd-options.ts";
import { entryOf } from "./etcd-stream.ts";
import type { Entry, PastFailure, StoreError } from "./store.ts";

export interface Listing {
  readonly revision: bigint;
  readonly clusterId: string;
  readonly entries: Map<string, Entry>;
  readonly pages: number;
}

export interface ListRequest {
  /** Full bytes that the keys begin with. */
  readonly from: Buffer;
  /** Bytes of it (and of every key) that are the store's prefix. */
  readonly prefixBytes: number;
  /** Values are left empty. */
  readonly keysOnly: boolean;
}

/** The part of the client that a list needs. */
export type Reader = Pick<EtcdClient, "endpoint" | "read" | "storeError">;

export type ListBounds = Pick<StoreLimits, "listPageKeys" | "listRestarts">;

export async function listPaged(
  client: Reader,
  request: ListRequest,
  bounds: ListBounds,
): Promise<Result<Listing, StoreError>> {
  for (let restart = 0; restart <= bounds.listRestarts; restart++) {
    const listing = await listOnce(client, request, bounds.listPageKeys);
    if (typeof listing === "object") return listing;
  }
  const message = `etcd ${client.endpoint}: compacted faster than a list of the prefix takes`;
  return err({ kind: "unavailable", message });
}

/** As it was at `revision`. */
export async function listPast(
  client: Reader,
  request: ListRequest,
  { listPageKeys }: ListBounds,
  revision: bigint,
): Promise<Result<Listing, StoreError | PastFailure>> {
  const listing = await listOnce(client, request, listPageKeys, String(revision));
  if (listing === "compacted") {
    const message = `etcd ${client.endpoint} has compacted revision ${revision} away`;
    return err({ kind: "compacted", message });
  }
  if (listing === "future") {
    const message = `etcd ${client.endpoint} has not come to revision ${revision} yet`;
    return err({ kind: "future", message });
  }
  return listing;
}

async function listOnce(
  client: Reader,
  request: ListRequest,
  pageKeys: number,
  at?: string,
): Promise<Result<Listing, StoreError> | PastFailure["kind"]> {
  const entries = new Map<string, Entry>();
  let revision = at;
  let key = request.from;
  for (let pages = 1; ; pages++) {
    const page = await client.read(rangeCall(request, key, pageKeys, revision));
    if (!page.ok) {
      if (isCompacted(page.error)) return "compacted";
      if (at !== undefined && isFuture(page.error)) return "future";
      return err(client.storeError(page.error, "read"));
    }
    const { header, kvs, more } = page.value;
    revision ??= header.revision;
    for (const kv of kvs) {
      const entry = entryOf(kv, request.prefixBytes);
      entries.set(entry.key, entry);
    }
    const last = kvs.at(-1);
    if (!more || last === undefined) {
      return ok({ revision: BigInt(revision), clusterId: header.cluster_id, entries, pages });
    }
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

function rangeCall(
  request: ListRequest,
  key: Buffer,
  limit: number,
  revision: string | undefined,
): (etcd: Etcd3) => Promise<IRangeResponse> {
  const range: IRangeRequest = {
    key,
    range_end: prefixEnd(request.from),
    limit,
    keys_only: request.keysOnly,
    ...(revision === undefined ? {} : { revision }),
  };
  return (etcd) => etcd.kv.range(range);
}

/** The first key after all that begin with `prefix`; a single NUL means "to the end". */
export function prefixEnd(prefix: Uint8Array): Buffer {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0;
    if (byte < 0xff) return Buffer.concat([prefix.subarray(0, i), Buffer.from([byte + 1])]);
  }
  return Buffer.from([0]);
}
