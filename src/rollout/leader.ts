/**
 * The one controller among many replicas. Whoever creates `status/controller` under a lease leads
 * while it holds. A leader believes so for two thirds of the time to live after its last confirmed
 * renewal and not a moment longer, by the monotonic clock, asked right before each act: a process
 * that was stopped wakes up with all its timers late. What it sends all the same is fenced by the
 * key's revision (see act.ts), so that the clock decides about trouble, never about truth.
 */
import { limits } from "../config/limits.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { backoffMs } from "../store/backoff.ts";
import type { Compare, Lease, Store, StoreError } from "../store/store.ts";

/** What an act compares: the leader's key at the revision of this term. */
export type Term = Compare;

export interface LeaderObserver {
  elected(term: Term): void;
  /** `why`: one sentence. Told once for each term. */
  lost(term: Term, why: string): void;
  /** An attempt to be elected that the store did not let come to its end; there will be others. */
  failed(why: string): void;
}

export interface LeaderOptions {
  readonly store: Store;
  /** As operators know this replica. */
  readonly name: string;
  readonly observer: LeaderObserver;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly ttlSeconds?: number;
}

interface Reign {
  readonly term: Term;
  readonly lease: Lease;
  /** Monotonic; when the renewal that was confirmed last was sent. */
  confirmedMs: number;
}

export const leaderKey = "status/controller";

export class Leader {
  readonly #options: LeaderOptions;
  readonly #clock: Clock;
  #reign: Reign | undefined;
  #closed = false;
  #wake: () => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;
  readonly #life: Promise<void>;

  /** Stands at once, and for ever after, until it is closed. */
  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#life = this.#live();
  }

  /** To be asked right before each act; undefined: another one leads, or nobody. */
  term(): Term | undefined {
    const reign = this.#reign;
    if (reign === undefined) return undefined;
    const silentMs = this.#clock.monotonicMs() - reign.confirmedMs;
    if (silentMs < stepDownMs(reign)) return reign.term;
    const seconds = (silentMs / 1_000).toFixed(1);
    this.#lose(reign, `no renewal was confirmed for ${seconds} s`);
    return undefined;
  }

  /** The key was seen changed or deleted: looked at now, instead of when it is time. */
  poke(): void {
    this.#wake();
  }

  /** An act met another leader's key, or none. */
  deposed(term: Term): void {
    const reign = this.#reign;
    if (reign?.term === term) this.#lose(reign, `${leaderKey} is no longer the one of this term`);
  }

  /** Gives the key back, so that another replica takes over at once. */
  async close(): Promise<void> {
    this.#closed = true;
    const reign = this.#reign;
    if (reign !== undefined) this.#lose(reign, "this replica stops");
    this.#wake();
    await this.#life;
  }

  async #live(): Promise<void> {
    for (let failures = 0; !this.#closed; ) {
      const outcome = await this.#stand();
      if (typeof outcome !== "string") {
        await this.#rule(outcome);
        // Its own lease first: otherwise nobody leads until it has run out.
        await outcome.lease.revoke();
      }
      failures = outcome === "failed" ? failures + 1 : 0;
      const random = (this.#options.random ?? Math.random)();
      const pauseMs =
        outcome === "taken"
          ? limits.rollout.standMs * (0.5 + random / 2)
          : backoffMs(failures, limits.store, random);
      await this.#pause(pauseMs);
    }
  }

  /** One attempt: a reign, or another one has the key, or the store does not do its part. */
  async #stand(): Promise<Reign | "taken" | "failed"> {
    const { store, ttlSeconds = limits.rollout.leaseTtlSeconds } = this.#options;
    const found = await store.get(leaderKey);
    if (!found.ok) return this.#failed(found.error);
    if (found.value !== undefined) return "taken";
    const confirmedMs = this.#clock.monotonicMs();
    const lease = await store.lease(ttlSeconds);
    if (!lease.ok) return this.#failed(lease.error);
    const outcome = await store.transact({
      compare: [{ key: leaderKey, modRevision: 0n }],
      writes: [{ kind: "put", key: leaderKey, value: this.#value(), lease: lease.value }],
    });
    if (outcome.ok && outcome.value.committed) {
      const term = { key: leaderKey, modRevision: outcome.value.revision };
      return { term, lease: lease.value, confirmedMs };
    }
    // Also where the answer was lost: if the key was written, it goes with its lease.
    await lease.value.revoke();
    return outcome.ok ? "taken" : this.#failed(outcome.error);
  }

  #failed({ message }: StoreError): "failed" {
    if (!this.#closed) this.#options.observer.failed(message);
    return "failed";
  }

  #value(): Uint8Array {
    const { name: who } = this.#options;
    const since = new Date(this.#clock.wallMs()).toISOString();
    return Buffer.from(JSON.stringify({ who, since }));
  }

  /** Ends when the reign does. */
  async #rule(reign: Reign): Promise<void> {
    if (this.#closed) return;
    this.#reign = reign;
    this.#options.observer.elected(reign.term);
    this.#watchDeadline(reign);
    const renewMs = (reign.lease.ttlSeconds * 1_000) / limits.rollout.renewalsPerTtl;
    let pauseMs = renewMs;
    while (this.#reign === reign) {
      await this.#pause(pauseMs);
      if (this.#reign !== reign) return;
      pauseMs = (await this.#renew(reign)) ? renewMs : limits.store.backoffMinMs;
    }
  }

  async #renew(reign: Reign): Promise<boolean> {
    const sentMs = this.#clock.monotonicMs();
    const renewed = await reign.lease.keepAlive();
    // An answer that took too long changes nothing any more.
    if (this.term() !== reign.term) return false;
    if (!renewed.ok) {
      if (renewed.error.kind === "refused") this.#lose(reign, renewed.error.message);
      return false;
    }
    const found = await this.#options.store.get(leaderKey);
    if (this.term() !== reign.term || !found.ok) return false;
    if (found.value?.modRevision !== reign.term.modRevision) {
      this.#lose(reign, `somebody has written or deleted ${leaderKey}`);
      return false;
    }
    reign.confirmedMs = sentMs;
    return true;
  }

  /** Observers are told in time, also where nobody acts. */
  #watchDeadline(reign: Reign): void {
    const leftMs = reign.confirmedMs + stepDownMs(reign) - this.#clock.monotonicMs();
    this.#cancelDeadline = this.#clock.after(Math.max(1, leftMs), () => {
      if (this.term() === reign.term) this.#watchDeadline(reign);
    });
  }

  #lose(reign: Reign, why: string): void {
    this.#reign = undefined;
    this.#cancelDeadline();
    this.#options.observer.lost(reign.term, why);
    this.#wake();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const stepDownMs = ({ lease }: Reign): number =>
  lease.ttlSeconds * 1_000 * limits.rollout.stepDownShare;
