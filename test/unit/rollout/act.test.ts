import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { actAsLeader, type Decision, insist } from "../../../src/rollout/act.ts";
import { leaderKey, type Term } from "../../../src/rollout/leader.ts";
import { type Act, newOperation } from "../../../src/store/act.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Write } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FaultyStore, faultyStore, isAway, lostAnswer } from "../../support/faulty-store.ts";
import { pass } from "../../support/settle.ts";
import { put, value } from "../store/contract.ts";

let memory: MemoryStore;
let faulty: FaultyStore;

beforeEach(() => {
  memory = new MemoryStore();
  faulty = faultyStore(memory);
});

const write = async (...writes: Write[]) => value(await memory.transact({ compare: [], writes }));

async function abort(): Promise<Act> {
  const key = "weights/web";
  const entry = value(await memory.get(key));
  return {
    service: "web",
    operation: newOperation(0),
    atMs: 0,
    by: "ann@host",
    why: "abort",
    read: [{ key, entry }],
    writes: [put(key, '{"v1":100,"v2":0}')],
  };
}

/** Leads by word alone. */
function leading(term: Term | undefined) {
  const deposed: Term[] = [];
  return { term: () => term, deposed: (of: Term) => void deposed.push(of), told: deposed };
}

describe("an act in the leader's name", () => {
  it("is done while its key is that of its term", async () => {
    const { revision } = await write(put(leaderKey, "one"));
    const leader = leading({ key: leaderKey, modRevision: revision });
    expect(await actAsLeader(faulty.store, leader, await abort())).toMatchObject({ kind: "done" });
    expect(leader.told).toEqual([]);
  });

  it("asks for nothing where this replica does not lead", async () => {
    expect(await actAsLeader(faulty.store, leading(undefined), await abort())).toEqual({
      kind: "notLeader",
    });
    expect(faulty.asked).toEqual([]);
  });

  it.each([
    ["another one leads", put(leaderKey, "two")],
    ["nobody leads", { kind: "delete", key: leaderKey } as const],
  ])("is not done when %s by now, and says so to the leader", async (_who, change) => {
    const { revision } = await write(put(leaderKey, "one"));
    const term = { key: leaderKey, modRevision: revision };
    const leader = leading(term);
    await write(change);
    expect(await actAsLeader(faulty.store, leader, await abort())).toEqual({ kind: "notLeader" });
    expect(leader.told).toEqual([term]);
    expect(value(await memory.get("weights/web"))).toBeUndefined();
  });

  it("is lost, and the term is not, when only the objects were changed", async () => {
    const { revision } = await write(put(leaderKey, "one"));
    const leader = leading({ key: leaderKey, modRevision: revision });
    const act = await abort();
    await write(put("weights/web", '{"v1":1}'));
    expect(await actAsLeader(faulty.store, leader, act)).toEqual({ kind: "lost" });
    expect(leader.told).toEqual([]);
  });

  it("passes on what the store says", async () => {
    const { revision } = await write(put(leaderKey, "one"));
    const leader = leading({ key: leaderKey, modRevision: revision });
    const act = await abort();
    faulty.away = true;
    expect(await actAsLeader(faulty.store, leader, act)).toEqual({ kind: "failed", error: isAway });
  });
});

describe("an act that must win", () => {
  const decide = async (): Promise<Decision<string>> => ({ kind: "act", act: await abort() });

  it("is decided anew while others write in between", async () => {
    let weight = 0;
    const meanwhile = async () => {
      weight += 1;
      await write(put("weights/web", `{"v1":${weight}}`));
    };
    faulty.faults.push(meanwhile, meanwhile, meanwhile);
    expect(await insist(faulty.store, decide)).toMatchObject({ kind: "done" });
    expect(faulty.asked).toHaveLength(4);
    const entry = value(await memory.get("weights/web"));
    expect(Buffer.from(entry?.value ?? []).toString()).toBe('{"v1":100,"v2":0}');
  });

  it("gives up after as many attempts as are allowed", async () => {
    let weight = 0;
    const meanwhile = async () => {
      weight += 1;
      await write(put("weights/web", `{"v1":${weight}}`));
    };
    faulty.faults.push(...Array.from({ length: limits.rollout.attempts }, () => meanwhile));
    expect(await insist(faulty.store, decide)).toEqual({ kind: "lost" });
    expect(faulty.asked).toHaveLength(limits.rollout.attempts);
  });

  it("ends where what is there now forbids it", async () => {
    let looks = 0;
    const unlessSeen = async (): Promise<Decision<string>> => {
      looks += 1;
      return looks === 1 ? decide() : { kind: "refused", refusal: "aborted already" };
    };
    faulty.faults.push("undoneUnanswered");
    expect(await insist(faulty.store, unlessSeen)).toEqual({
      kind: "refused",
      refusal: "aborted already",
    });
  });

  it("waits for a store that is away, with back-off", async () => {
    const clock = new FakeClock();
    faulty.away = true;
    const insisting = insist(faulty.store, decide, { clock, random: () => 0 });
    await pass(clock, 3 * limits.store.backoffMinMs);
    expect(faulty.asked.length).toBeGreaterThan(2);
    faulty.away = false;
    await pass(clock, 2 * limits.store.backoffMinMs);
    expect(await insisting).toMatchObject({ kind: "done" });
  });

  it("tells the failure when the store stays away, or will not change its mind", async () => {
    const failed = async (): Promise<Decision<string>> => ({ kind: "failed", error: lostAnswer });
    const clock = new FakeClock();
    const insisting = insist(faulty.store, failed, { attempts: 3, clock, random: () => 0 });
    await pass(clock, 3 * limits.store.backoffMinMs);
    expect(await insisting).toEqual({ kind: "failed", error: lostAnswer });
    const denied = { kind: "denied", message: "permission denied" } as const;
    let asked = 0;
    const refused = async (): Promise<Decision<string>> => {
      asked += 1;
      return { kind: "failed", error: denied };
    };
    expect(await insist(faulty.store, refused)).toEqual({ kind: "failed", error: denied });
    expect(asked).toBe(1);
  });
});
