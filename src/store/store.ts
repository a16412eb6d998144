/**
 * The port to the store of desired state. Three stores implement it (etcd, memory, file), and one
 * contract test holds all three to what is written here.
 *
 * Keys in this interface are relative to the store's prefix (`weights/web`, not
 * `/serin/weights/web`); values are bytes as they were written.
 */
import type { Result } from "../lib/result.ts";

/** One key as the store holds it. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the last write of this key. */
  readonly modRevision: bigint;
  /** Revision of the write that created this key. */
  readonly createRevision: bigint;
}

/** Everything under the prefix at one revision. */
export interface StoreState {
  readonly revision: bigint;
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * Whole revisions, applied at once: one transaction is one change and never seen half. A relist
 * arrives in the same form, as the difference to what was delivered before.
 */
export interface StoreChange {
  readonly revision: bigint;
  readonly puts: readonly Entry[];
  readonly deletes: readonly string[];
}

/** What a watcher is told. Calls are synchronous, in order, and never overlap. */
export interface StoreSink {
  /** The first full list: exactly once, and before any change; health may be told before it. */
  start(state: StoreState): void;
  change(change: StoreChange): void;
  /** Contact with the store was lost or won back; the last good state stays in force meanwhile. */
  health(health: StoreHealth): void;
}

export interface StoreHealth {
  readonly connected: boolean;
  /** One sentence for the operator: which endpoint, what happened, what is done about it. */
  readonly message: string;
  /** The store answers, but what it lost at once is kept in force until an operator has a look. */
  readonly held?: boolean;
}

export interface Watch {
  /** Ends the watch; no call to the sink after it resolves. */
  close(): Promise<void>;
}

/** A guard of a transaction. `modRevision: 0n` means that the key must not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: bigint;
}

export type Write =
  | {
      readonly kind: "put";
      readonly key: string;
      readonly value: Uint8Array;
      readonly lease?: Lease;
    }
  | { readonly kind: "delete"; readonly key: string };

export interface Transaction {
  readonly compare: readonly Compare[];
  readonly writes: readonly Write[];
}

/** `committed: false` means that a compare did not hold, and nothing was written. */
export interface TransactionOutcome {
  readonly committed: boolean;
  readonly revision: bigint;
}

export interface Lease {
  readonly id: string;
  readonly ttlSeconds: number;
  /** Confirms the lease once; fails when the store no longer knows it. */
  keepAlive(): Promise<Result<void, StoreError>>;
  revoke(): Promise<Result<void, StoreError>>;
}

/**
 * `ambiguous`: a write may or may not have happened (its answer was lost). It is never retried
 * blindly; the caller reads back.
 */
export interface StoreError {
  readonly kind: "unavailable" | "ambiguous" | "denied" | "refused";
  readonly message: string;
}

/** Why there is nothing of a revision. */
export interface PastFailure {
  readonly kind: "compacted" | "future";
  readonly message: string;
}

export interface Store {
  /** How an operator names this store, without credentials. */
  readonly description: string;
  get(key: string): Promise<Result<Entry | undefined, StoreError>>;
  /** One consistent, linearizable read of every key that starts with `keyPrefix`. */
  list(keyPrefix: string): Promise<Result<StoreState, StoreError>>;
  /**
   * Everything as it was at `revision`, where the store keeps its past. `compacted`: no longer; `future`: it
   * has not come so far.
   */
  listAt?(revision: bigint): Promise<Result<StoreState, StoreError | PastFailure>>;
  watch(sink: StoreSink): Watch;
  transact(transaction: Transaction): Promise<Result<TransactionOutcome, StoreError>>;
  lease(ttlSeconds: number): Promise<Result<Lease, StoreError>>;
  close(): Promise<void>;
}
