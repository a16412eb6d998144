import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LeasedKey } from "../../../src/app/leased-key.ts";
import { limits } from "../../../src/config/limits.ts";
import { err, type Result } from "../../../src/lib/result.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Lease, Store, StoreError, Transaction } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const key = "status/load/a";
const { leaseTtlSeconds } = limits.load;
const bytes = (text: string): Uint8Array => Buffer.from(text);

type Call = "lease" | "put" | "keepAlive" | "revoke";

/** A memory store that fails, or keeps a caller waiting, as it is told to. */
class Patient implements Pick<Store, "lease" | "transact"> {
  readonly calls: Call[] = [];
  inFlight = 0;
  mostInFlight = 0;
  failure: StoreError["kind"] | undefined;
  #gate: Promise<void> = Promise.resolve();
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  /** Calls wait until what is returned is called. */
  hold(): () => void {
    let open = (): void => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async lease(ttlSeconds: number): Promise<Result<Lease, StoreError>> {
    const granted = await this.#call("lease", () => this.#store.lease(ttlSeconds));
    if (!granted.ok) return granted;
    const lease = granted.value;
    const value: Lease = {
      ...lease,
      keepAlive: () => this.#call("keepAlive", () => lease.keepAlive()),
      revoke: () => this.#call("revoke", () => lease.revoke()),
    };
    return { ok: true, value };
  }

  transact(transaction: Transaction) {
    return this.#call("put", () => this.#store.transact(transaction));
  }

  async #call<T>(
    kind: Call,
    run: () => Promise<Result<T, StoreError>>,
  ): Promise<Result<T, StoreError>> {
    this.calls.push(kind);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await this.#gate;
    this.inFlight -= 1;
    const { failure } = this;
    return failure === undefined
      ? run()
      : err({ kind: failure, message: `the store is ${failure}` });
  }
}

let clock: FakeClock;
let memory: MemoryStore;
let store: Patient;
let troubles: (string | undefined)[];
let publisher: LeasedKey;

beforeEach(() => {
  clock = new FakeClock();
  memory = new MemoryStore({ clock });
  store = new Patient(memory);
  troubles = [];
  const onTrouble = (message: string | undefined): void => void troubles.push(message);
  publisher = new LeasedKey({ store, clock, key, random: () => 0.99, onTrouble });
});
afterEach(async () => {
  store.failure = undefined;
  await publisher.close();
  await memory.close();
});

async function there(): Promise<string | undefined> {
  await nextRound();
  const entry = await memory.get(key);
  if (!entry.ok) throw new Error(entry.error.message);
  return entry.value && Buffer.from(entry.value.value).toString();
}

/** Time passes in small steps, with room for what a call answers. */
async function pass(ms: number): Promise<void> {
  const end = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < end) {
    clock.advance(Math.min(50, end - clock.monotonicMs()));
    await nextRound();
  }
}

describe("a published value", () => {
  it("is written at once, under a lease, and again only when it is another", async () => {
    publisher.publish(bytes("1"));
    expect(await there()).toBe("1");
    publisher.publish(bytes("2"));
    expect(await there()).toBe("2");
    expect(store.calls).toEqual(["lease", "put", "put"]);
    expect(troubles).toEqual([]);
  });

  it("lives on while nothing new comes, and goes when its process does not renew it", async () => {
    publisher.publish(bytes("1"));
    await pass(5 * leaseTtlSeconds * 1_000);
    expect(await there()).toBe("1");
    expect(store.calls.filter((call) => call === "put")).toHaveLength(1);
    expect(store.calls.filter((call) => call === "keepAlive").length).toBeGreaterThanOrEqual(14);
    store.failure = "unavailable";
    await pass(leaseTtlSeconds * 1_000);
    expect(await there()).toBeUndefined();
  });

  it("goes at once when there is to be none, and when the process closes", async () => {
    publisher.publish(bytes("1"));
    expect(await there()).toBe("1");
    publisher.publish(undefined);
    expect(await there()).toBeUndefined();
    await pass(5 * leaseTtlSeconds * 1_000);
    expect(store.calls).toEqual(["lease", "put", "revoke"]);
    publisher.publish(bytes("2"));
    expect(await there()).toBe("2");
    await publisher.close();
    expect(await there()).toBeUndefined();
    expect(clock.pending).toBe(0);
    publisher.publish(bytes("3"));
    expect(await there()).toBeUndefined();
  });

  it("is the newest of those that came while a write was under way, one write at a time", async () => {
    const open = store.hold();
    for (const text of ["1", "2", "3", "4"]) {
      publisher.publish(bytes(text));
      await nextRound();
    }
    open();
    await pass(100);
    expect(await there()).toBe("4");
    expect(store.calls).toEqual(["lease", "put"]);
    const openAgain = store.hold();
    publisher.publish(bytes("5"));
    await nextRound();
    publisher.publish(bytes("6"));
    openAgain();
    await pass(100);
    expect(await there()).toBe("6");
    expect(store.calls).toEqual(["lease", "put", "put", "put"]);
    expect(store.mostInFlight).toBe(1);
  });

  it("that is taken back while it is written is gone in the end", async () => {
    const open = store.hold();
    publisher.publish(bytes("1"));
    await nextRound();
    publisher.publish(undefined);
    open();
    await pass(100);
    expect(await there()).toBeUndefined();
    expect(store.calls.at(-1)).toBe("revoke");
  });

  it("that is written while its process closes is gone in the end", async () => {
    const open = store.hold();
    publisher.publish(bytes("1"));
    await nextRound();
    const closed = publisher.close();
    open();
    await closed;
    expect(await there()).toBeUndefined();
  });
});

describe("a store that is away", () => {
  it("is asked again with back-off, told of once, and has the newest value when it is back", async () => {
    store.failure = "unavailable";
    publisher.publish(bytes("1"));
    await pass(20_000);
    const attempts = store.calls.length;
    expect(attempts).toBeGreaterThan(3);
    expect(attempts).toBeLessThan(20);
    publisher.publish(bytes("2"));
    await nextRound();
    expect(store.calls).toHaveLength(attempts);
    expect(troubles).toEqual(["the store is unavailable"]);
    store.failure = undefined;
    await pass(limits.store.backoffMaxMs);
    expect(await there()).toBe("2");
    expect(troubles).toEqual(["the store is unavailable", undefined]);
  });

  it("for longer than the lease lives gets a new one, and the value with it", async () => {
    publisher.publish(bytes("1"));
    expect(await there()).toBe("1");
    store.failure = "ambiguous";
    await pass(2 * leaseTtlSeconds * 1_000);
    expect(await there()).toBeUndefined();
    store.failure = undefined;
    await pass(limits.store.backoffMaxMs);
    expect(await there()).toBe("1");
    expect(store.calls.slice(-3)).toEqual(["keepAlive", "lease", "put"]);
  });

  it("is found without the lease by a process that was stopped for a while", async () => {
    publisher.publish(bytes("1"));
    expect(await there()).toBe("1");
    clock.advance(leaseTtlSeconds * 1_000 + 1);
    expect(await there()).toBe("1");
    expect(store.calls.slice(-3)).toEqual(["keepAlive", "lease", "put"]);
    expect(troubles).toEqual([]);
  });

  it("that refuses a write is asked for the lease before the next one", async () => {
    publisher.publish(bytes("1"));
    expect(await there()).toBe("1");
    store.failure = "refused";
    publisher.publish(bytes("2"));
    await nextRound();
    expect(troubles).toEqual(["the store is refused"]);
    store.failure = undefined;
    await pass(limits.store.backoffMaxMs);
    expect(await there()).toBe("2");
    expect(store.calls).toEqual(["lease", "put", "put", "keepAlive", "put"]);
  });
});
