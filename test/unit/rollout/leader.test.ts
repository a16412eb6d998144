import { readdirSync, rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { Leader, leaderKey, type Term } from "../../../src/rollout/leader.ts";
import { FileStore } from "../../../src/store/file.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Store, StoreError } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FaultyStore, faultyStore } from "../../support/faulty-store.ts";
import { pass, settled } from "../../support/settle.ts";
import { freshFolder } from "../../support/tmp.ts";
import { eventually } from "../../support/wait.ts";
import { value } from "../store/contract.ts";

const { leaseTtlSeconds, stepDownShare, standMs } = limits.rollout;
const ttlMs = leaseTtlSeconds * 1_000;
const stepDownMs = ttlMs * stepDownShare;

interface Replica {
  readonly leader: Leader;
  readonly faulty: FaultyStore;
  readonly told: string[];
}

let clock = new FakeClock();
let shared = new MemoryStore({ clock });
let open: Leader[] = [];

afterEach(async () => {
  const closing = Promise.all(open.map((leader) => leader.close()));
  await pass(clock, 100);
  await closing;
  open = [];
  clock = new FakeClock();
  shared = new MemoryStore({ clock });
});

function replica(name: string, own: FakeClock = clock, store: Store = shared): Replica {
  const faulty = faultyStore(store);
  const told: string[] = [];
  const observer = {
    elected: (term: Term) => told.push(`elected at ${term.modRevision}`),
    lost: (_term: Term, why: string) => told.push(`lost: ${why}`),
    failed: () => undefined,
  };
  const leader = new Leader({ store: faulty.store, name, observer, clock: own, random: () => 0 });
  open.push(leader);
  return { leader, faulty, told };
}

/** Answers to one kind of call are on their way until they are released. */
function holding(faulty: FaultyStore, call: "get" | "keepAlive") {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  faulty.before = async (each) => {
    if (each === call) await held;
    return each === call && call === "keepAlive" ? leaseGone : undefined;
  };
  return { release: () => release() };
}

const leaseGone: StoreError = { kind: "refused", message: "the lease is gone" };

const keyNow = async () => value(await shared.get(leaderKey));

describe("leader", () => {
  it("is elected at once where nobody leads, and says who leads since when", async () => {
    const { leader, told } = replica("one");
    await settled();
    expect(leader.term()).toEqual({ key: leaderKey, modRevision: 2n });
    expect(told).toEqual(["elected at 2"]);
    const entry = await keyNow();
    expect(entry?.modRevision).toBe(2n);
    expect(JSON.parse(Buffer.from(entry?.value ?? []).toString())).toMatchObject({
      who: "one",
      since: "2023-11-14T22:13:20.000Z",
    });
  });

  it("is one among many, and stays it while it renews", async () => {
    const replicas = ["one", "two", "three"].map((name) => replica(name));
    await pass(clock, 10 * ttlMs, 250);
    const leading = replicas.filter(({ leader }) => leader.term() !== undefined);
    expect(leading).toHaveLength(1);
    expect(replicas.flatMap(({ told }) => told)).toEqual(["elected at 2"]);
  });

  it("steps down at two thirds of the time to live since the last confirmed renewal", async () => {
    const { leader, faulty, told } = replica("one");
    await settled();
    faulty.away = true;
    await pass(clock, stepDownMs - 50);
    expect(leader.term()).toBeDefined();
    await pass(clock, 100);
    expect(told[1]).toMatch(/^lost: no renewal was confirmed for 6\.\d s$/);
    expect(leader.term()).toBeUndefined();
    // The key is still there: nobody else may lead before it is gone.
    expect(await keyNow()).toBeDefined();
  });

  it("notices after a stop before it acts, though no timer has fired yet", async () => {
    const { leader, told } = replica("one");
    await settled();
    // As SIGSTOP does it: time has passed and nothing has run.
    clock.spend(stepDownMs - 1);
    expect(leader.term()).toBeDefined();
    clock.spend(2);
    expect(leader.term()).toBeUndefined();
    expect(told).toEqual(["elected at 2", "lost: no renewal was confirmed for 6.7 s"]);
  });

  it("does not live up again by an answer that comes after that", async () => {
    const { leader, faulty, told } = replica("one");
    await settled();
    const held = holding(faulty, "get");
    // The renewal is sent, and its answer is on its way when the process stops.
    await pass(clock, ttlMs / 3 + 100);
    clock.spend(stepDownMs);
    held.release();
    expect(leader.term()).toBeUndefined();
    await settled();
    expect(leader.term()).toBeUndefined();
    expect(told.slice(0, 2)).toEqual([
      "elected at 2",
      expect.stringContaining("lost: no renewal was confirmed for 10.1 s"),
    ]);
  });

  it("counts from when the renewal was sent, however late its answer was", async () => {
    const { leader, faulty } = replica("one");
    await settled();
    const held = holding(faulty, "get");
    await pass(clock, ttlMs / 3 + 2_000);
    held.release();
    await settled();
    faulty.away = true;
    await pass(clock, stepDownMs - 2_100);
    expect(leader.term()).toBeDefined();
    await pass(clock, 150);
    expect(leader.term()).toBeUndefined();
  });

  it.each(["keepAlive", "get"] as const)(
    "is lost once, whatever the answer to %s says that comes after it",
    async (call) => {
      const { leader, faulty, told } = replica("one");
      await settled();
      const held = holding(faulty, call);
      await pass(clock, ttlMs / 3 + 100);
      const term = leader.term();
      if (term !== undefined) leader.deposed(term);
      await shared.transact({ compare: [], writes: [{ kind: "delete", key: leaderKey }] });
      held.release();
      await settled();
      expect(told).toHaveLength(2);
    },
  );

  it("is followed by another one within the time to live when it is gone", async () => {
    const one = replica("one");
    await settled();
    const two = replica("two");
    await pass(clock, 1_000);
    expect(two.leader.term()).toBeUndefined();
    // As SIGKILL does it: nothing is renewed, and nothing is given back.
    one.faulty.away = true;
    await pass(clock, ttlMs + standMs);
    expect(two.leader.term()).toBeDefined();
    expect(one.leader.term()).toBeUndefined();
    expect(two.leader.term()?.modRevision).toBeGreaterThan(2n);
  });

  it("gives the key back when it stops, so that another one takes over at once", async () => {
    const one = replica("one");
    await settled();
    const two = replica("two");
    await settled();
    const closing = one.leader.close();
    await pass(clock, standMs);
    await closing;
    expect(one.told.at(-1)).toBe("lost: this replica stops");
    expect(two.leader.term()).toBeDefined();
  });

  it("stands at once when it is told that the key is gone", async () => {
    const one = replica("one");
    await settled();
    const two = replica("two");
    await settled();
    void one.leader.close();
    await settled();
    two.leader.poke();
    await settled();
    expect(two.leader.term()).toBeDefined();
  });

  it.each([
    ["deleted", { kind: "delete", key: leaderKey } as const],
    ["overwritten", { kind: "put", key: leaderKey, value: Buffer.from("{}") } as const],
  ])("steps down when its key was %s", async (_how, write) => {
    const { leader, told } = replica("one");
    await settled();
    await shared.transact({ compare: [], writes: [write] });
    leader.poke();
    await settled();
    expect(leader.term()).toBeUndefined();
    expect(told[1]).toBe(`lost: somebody has written or deleted ${leaderKey}`);
  });

  it("steps down when its lease is gone", async () => {
    // The store's time runs ahead of this replica's.
    const storeClock = new FakeClock();
    const { leader, told } = replica("one", clock, new MemoryStore({ clock: storeClock }));
    await settled();
    storeClock.advance(ttlMs);
    leader.poke();
    await settled();
    expect(leader.term()).toBeUndefined();
    expect(told).toEqual(["elected at 2", "lost: lease 1 is not known"]);
  });

  it("believes an act that met another key, once, and of its own term only", async () => {
    const { leader, told } = replica("one");
    await settled();
    leader.deposed({ key: leaderKey, modRevision: 1n });
    expect(leader.term()).toBeDefined();
    const term = leader.term();
    if (term !== undefined) leader.deposed(term);
    expect(leader.term()).toBeUndefined();
    expect(told[1]).toBe(`lost: ${leaderKey} is no longer the one of this term`);
  });

  it("stands again after it was lost, with a new term", async () => {
    const { leader, faulty, told } = replica("one");
    await settled();
    faulty.away = true;
    await pass(clock, ttlMs);
    faulty.away = false;
    await pass(clock, ttlMs);
    expect(told).toHaveLength(3);
    expect(leader.term()?.modRevision).toBeGreaterThan(2n);
  });

  it("leaves no key behind when the answer to its election was lost", async () => {
    const faulty = faultyStore(shared);
    faulty.faults.push("doneUnanswered");
    const told: string[] = [];
    const observer = {
      elected: (term: Term) => told.push(`elected at ${term.modRevision}`),
      lost: () => told.push("lost"),
      failed: () => undefined,
    };
    const leader = new Leader({ store: faulty.store, name: "one", observer, clock });
    open.push(leader);
    await settled();
    expect(leader.term()).toBeUndefined();
    expect(await keyNow()).toBeUndefined();
    await pass(clock, 5_000);
    expect(told).toEqual(["elected at 4"]);
  });

  it("is always the one process of a folder", async () => {
    const folder = freshFolder("leader");
    const store = new FileStore(folder);
    const told: string[] = [];
    const observer = {
      elected: () => told.push("elected"),
      lost: () => told.push("lost"),
      failed: () => undefined,
    };
    const leader = new Leader({ store, name: "one", observer });
    await eventually(() => leader.term(), { what: "the election" });
    expect(readdirSync(folder)).toEqual([]);
    const held = value(await store.get(leaderKey));
    expect(held?.modRevision).toBe(leader.term()?.modRevision);
    await leader.close();
    expect(value(await store.get(leaderKey))).toBeUndefined();
    expect(told).toEqual(["elected", "lost"]);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("leads no more once it is closed, whatever it was about to do", async () => {
    const { leader, told } = replica("one");
    // Before the first answer has come.
    await leader.close();
    expect(leader.term()).toBeUndefined();
    expect(told).toEqual([]);
    expect(await keyNow()).toBeUndefined();
    await pass(clock, ttlMs);
    expect(told).toEqual([]);
  });
});
