/**
 * Leases that live in this process's memory, with the keys that hang on them: for the stores that have
 * no server to expire them.
 */
import type { Clock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Lease, StoreError, Write } from "./store.ts";

interface Grant {
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
  cancel: () => void;
}

type OnGone = (keys: readonly string[], leaseId: string) => Promise<void>;

const unknown = (id: string): Result<never, StoreError> =>
  err({ kind: "refused", message: `lease ${id} is not known` });

export class Grants {
  readonly #clock: Clock;
  /** Deletes the keys of a lease that is gone. */
  readonly #onGone: OnGone;
  readonly #grants = new Map<string, Grant>();
  #next = 1;

  constructor(clock: Clock, onGone: OnGone) {
    this.#clock = clock;
    this.#onGone = onGone;
  }

  grant(ttlSeconds: number): Result<Lease, StoreError> {
    if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) {
      return err({ kind: "refused", message: "a lease lives for a whole number of seconds, > 0" });
    }
    const id = String(this.#next++);
    this.#grants.set(id, {
      ttlSeconds,
      keys: new Set(),
      cancel: this.#expireLater(id, ttlSeconds),
    });
    return ok({
      id,
      ttlSeconds,
      keepAlive: async () => this.#keepAlive(id),
      revoke: async () => this.#revoke(id),
    });
  }

  /** The refusal of writes that name a lease which is gone; undefined: there is none. */
  refusal(writes: readonly Write[]): Result<never, StoreError> | undefined {
    for (const write of writes) {
      if (write.kind !== "put" || write.lease === undefined) continue;
      if (!this.#grants.has(write.lease.id)) return unknown(write.lease.id);
    }
    return undefined;
  }

  /** A put without a lease takes the key off the lease that it hung on, as in etcd. */
  attach(writes: readonly Write[]): void {
    for (const write of writes) {
      for (const grant of this.#grants.values()) grant.keys.delete(write.key);
      if (write.kind === "put" && write.lease !== undefined) {
        this.#grants.get(write.lease.id)?.keys.add(write.key);
      }
    }
  }

  close(): void {
    for (const grant of this.#grants.values()) grant.cancel();
    this.#grants.clear();
  }

  #expireLater(id: string, ttlSeconds: number): () => void {
    return this.#clock.after(ttlSeconds * 1_000, () => void this.#revoke(id));
  }

  #keepAlive(id: string): Result<void, StoreError> {
    const grant = this.#grants.get(id);
    if (grant === undefined) return unknown(id);
    grant.cancel();
    grant.cancel = this.#expireLater(id, grant.ttlSeconds);
    return ok(undefined);
  }

  async #revoke(id: string): Promise<Result<void, StoreError>> {
    const grant = this.#grants.get(id);
    if (grant === undefined) return unknown(id);
    grant.cancel();
    this.#grants.delete(id);
    await this.#onGone([...grant.keys], id);
    return ok(undefined);
  }
}
