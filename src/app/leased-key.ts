/**
 * Keeps one key of this replica in the store as it should be, under a lease: it goes when the process
 * dies. The newest value wins, one write is in flight at a time, and a store that is away is asked
 * again with back-off. A write whose answer was lost may be repeated, as what is read of a value tells
 * which of two is the later one.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import { backoffMs } from "../store/backoff.ts";
import type { Lease, Store, StoreError } from "../store/store.ts";

export interface LeasedKeyOptions {
  readonly store: Pick<Store, "lease" | "transact">;
  readonly clock: Clock;
  /** Relative to the store's prefix; no other process writes it. */
  readonly key: string;
  /** How long it stays when nobody renews it; default: as what is told of loads. */
  readonly ttlSeconds?: number;
  /** In [0, 1). */
  readonly random?: () => number;
  /** What is wrong with the store, once; undefined: it works again. */
  readonly onTrouble: (message: string | undefined) => void;
}

interface Held {
  readonly lease: Lease;
  /** When the store was asked last that then confirmed it. */
  confirmedMs: number;
}

type Outcome = Result<void, StoreError>;

export class LeasedKey {
  /** Resolves when the store has confirmed a value for the first time. */
  readonly written: Promise<void>;
  readonly #options: LeasedKeyOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Undefined: there is to be no key. */
  #wanted: Uint8Array | undefined;
  /** As the store has it, as far as is known. */
  #written: Uint8Array | undefined;
  #held: Held | undefined;
  #attempt = 0;
  /** What is under way; undefined: nothing is. */
  #work: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #isWaiting = false;
  #isClosed = false;
  #tellWritten: () => void = () => undefined;

  constructor(options: LeasedKeyOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.written = new Promise((resolve) => {
      this.#tellWritten = resolve;
    });
  }

  /** Whether the store has some value of it, which nobody but the store can know for longer than its lease. */
  get isThere(): boolean {
    if (this.#held === undefined || this.#written === undefined) return false;
    const { lease, confirmedMs } = this.#held;
    return this.#clock.monotonicMs() - confirmedMs < lease.ttlSeconds * 1_000;
  }

  /** The value that is to be there from now on; undefined: none. */
  publish(value: Uint8Array | undefined): void {
    this.#wanted = value;
    // After a failure nothing is tried before its time; then it is the newest value.
    if (!this.#isWaiting) this.#begin();
  }

  /** Takes the key away, as far as the store is there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#work;
    await this.#held?.lease.revoke();
    this.#held = undefined;
  }

  #begin(): void {
    if (this.#isClosed || this.#work !== undefined) return;
    this.#cancel?.();
    this.#work = this.#run();
  }

  /** Until the store is as it should be, or fails. */
  async #run(): Promise<void> {
    let outcome = await this.#step();
    while (outcome.ok && !this.#isClosed && this.#wanted !== this.#written) {
      outcome = await this.#step();
    }
    this.#work = undefined;
    this.#tell(outcome);
    if (this.#isClosed) return;
    if (!outcome.ok) {
      this.#later(backoffMs(this.#attempt, limits.store, this.#random()), true);
      this.#attempt += 1;
    } else if (this.#held !== undefined) this.#later(this.#renewInMs(this.#held), false);
  }

  #tell(outcome: Outcome): void {
    const { onTrouble } = this.#options;
    if (outcome.ok) {
      if (this.#attempt > 0) onTrouble(undefined);
      this.#attempt = 0;
    } else if (this.#attempt === 0) onTrouble(outcome.error.message);
  }

  #later(ms: number, isWaiting: boolean): void {
    this.#isWaiting = isWaiting;
    this.#cancel = this.#clock.after(ms, () => {
      this.#isWaiting = false;
      this.#begin();
    });
  }

  async #step(): Promise<Outcome> {
    if (this.#wanted === undefined) return this.#remove();
    const kept = await this.#keep();
    if (!kept.ok) return kept;
    // It may be another one by now.
    const value = this.#wanted;
    if (value === undefined) return this.#remove();
    if (value === this.#written) return ok(undefined);
    const { key, store } = this.#options;
    const { lease } = kept.value;
    const writes = [{ kind: "put", key, value, lease }] as const;
    const outcome = await store.transact({ compare: [], writes });
    if (outcome.ok) {
      this.#written = value;
      this.#tellWritten();
      return ok(undefined);
    }
    // The lease may have gone since it was confirmed: it is asked for before the next attempt.
    if (outcome.error.kind === "refused") kept.value.confirmedMs = Number.NEGATIVE_INFINITY;
    return outcome;
  }

  /** A lease that the store has confirmed not long ago. */
  async #keep(): Promise<Result<Held, StoreError>> {
    const askedMs = this.#clock.monotonicMs();
    if (this.#held !== undefined) {
      if (this.#renewInMs(this.#held) > 0) return ok(this.#held);
      const kept = await this.#held.lease.keepAlive();
      if (kept.ok) {
        this.#held.confirmedMs = askedMs;
        return ok(this.#held);
      }
      if (kept.error.kind !== "refused") return kept;
      this.#lose();
    }
    const { store, ttlSeconds = limits.load.leaseTtlSeconds } = this.#options;
    const granted = await store.lease(ttlSeconds);
    if (!granted.ok) return granted;
    this.#held = { lease: granted.value, confirmedMs: askedMs };
    return ok(this.#held);
  }

  /** The lease is gone, and the key with it. */
  #lose(): void {
    this.#held = undefined;
    this.#written = undefined;
  }

  async #remove(): Promise<Outcome> {
    const held = this.#held;
    this.#lose();
    // A lease that could not be revoked is not renewed, and ends by itself.
    await held?.lease.revoke();
    return ok(undefined);
  }

  /** A third of the lease's life after the last confirmation. */
  #renewInMs({ lease, confirmedMs }: Held): number {
    const dueMs = confirmedMs + (lease.ttlSeconds * 1_000) / 3;
    return Math.max(0, dueMs - this.#clock.monotonicMs());
  }
}
