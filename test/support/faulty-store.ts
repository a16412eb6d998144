import { err } from "../../src/lib/result.ts";
import type { Lease, Store, StoreError, Transaction } from "../../src/store/store.ts";

/** What a store does with the next transactions, one entry each; none: as it should. */
export type Fault =
  /** Done, and the answer is lost. */
  | "doneUnanswered"
  /** Not done, and the answer is lost. */
  | "undoneUnanswered"
  /** Done by somebody else's hand first: `meanwhile` runs before it. */
  | (() => Promise<void>);

/** A store before which faults can be put. */
export interface FaultyStore {
  readonly store: Store;
  /** Transactions that were asked for. */
  readonly asked: Transaction[];
  readonly faults: Fault[];
  /** Nothing is answered while it is true. */
  away: boolean;
  /** Runs before a call is made; what it returns is the answer. */
  before: (call: "get" | "keepAlive") => Promise<StoreError | undefined>;
}

export const lostAnswer: StoreError = { kind: "ambiguous", message: "the answer was lost" };
export const isAway: StoreError = { kind: "unavailable", message: "the store is away" };

export function faultyStore(inner: Store): FaultyStore {
  const asked: Transaction[] = [];
  const faults: Fault[] = [];
  const faulty: FaultyStore = {
    store: inner,
    asked,
    faults,
    away: false,
    before: async () => undefined,
  };
  const lease = (real: Lease): Lease => ({
    ...real,
    keepAlive: async () => {
      const answer = await faulty.before("keepAlive");
      if (answer !== undefined) return err(answer);
      return faulty.away ? err(isAway) : real.keepAlive();
    },
    revoke: async () => (faulty.away ? err(isAway) : real.revoke()),
  });
  const store: Store = {
    description: "faulty",
    get: async (key) => {
      const answer = await faulty.before("get");
      if (answer !== undefined) return err(answer);
      return faulty.away ? err(isAway) : inner.get(key);
    },
    list: async (prefix) => (faulty.away ? err(isAway) : inner.list(prefix)),
    watch: (sink) => inner.watch(sink),
    transact: async (transaction) => {
      asked.push(transaction);
      if (faulty.away) return err(isAway);
      const fault = faults.shift();
      if (fault === "undoneUnanswered") return err(lostAnswer);
      if (typeof fault === "function") await fault();
      const outcome = await inner.transact(transaction);
      return fault === "doneUnanswered" ? err(lostAnswer) : outcome;
    },
    lease: async (ttlSeconds) => {
      if (faulty.away) return err(isAway);
      const granted = await inner.lease(ttlSeconds);
      return granted.ok ? { ok: true, value: lease(granted.value) } : granted;
    },
    close: () => inner.close(),
  };
  return Object.assign(faulty, { store });
}
