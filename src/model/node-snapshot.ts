/**
 * `snapshots/<node id>`: all that the one node gets, in place of everything serin would make, under
 * the user's own versions; the Snapshot of go-control-plane as data.
 */
export interface NodeSnapshot {
  readonly nodeId: string;
  readonly resources: readonly NodeResource[];
  /** Store key. */
  readonly origin: string;
  readonly revision: bigint;
}

export interface NodeResource {
  readonly typeUrl: string;
  /** undefined: the name that the resource itself gives. */
  readonly name: string | undefined;
  /** The user's; undefined: the hash of the content. */
  readonly version: string | undefined;
  /** How long the node keeps it unless it is told of it again, ms; undefined: for good. */
  readonly ttlMs?: number | undefined;
  readonly body:
    | { readonly kind: "json"; readonly json: unknown }
    | { readonly kind: "any"; readonly bytes: Uint8Array };
}
