import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { type Act, commitAct, newOperation } from "../../../src/store/act.ts";
import { decodeRecord, historyKey, timeOfId } from "../../../src/store/history/record.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Entry, Write } from "../../../src/store/store.ts";
import { type FaultyStore, faultyStore, lostAnswer } from "../../support/faulty-store.ts";
import { put, remove, value } from "./contract.ts";

let memory: MemoryStore;
let faulty: FaultyStore;

beforeEach(async () => {
  memory = new MemoryStore();
  faulty = faultyStore(memory);
  await write(put("weights/web", '{"v1":90,"v2":10}'));
});

const write = async (...writes: Write[]) => value(await memory.transact({ compare: [], writes }));
const read = async (key: string): Promise<Entry | undefined> => value(await memory.get(key));
const text = async (key: string) => {
  const entry = await read(key);
  return entry === undefined ? undefined : Buffer.from(entry.value).toString();
};

async function actOn(keys: readonly string[], ...writes: Write[]): Promise<Act> {
  const entries = await Promise.all(keys.map(async (key) => ({ key, entry: await read(key) })));
  return {
    service: "web",
    operation: newOperation(1_700_000_000_000),
    atMs: 1_700_000_000_000,
    by: "guard",
    why: "v2 fails",
    read: entries,
    writes,
    evidence: { requests: 24, errors: 9 },
  };
}

const toZero = put("weights/web", '{"v1":100,"v2":0}');

async function record(operation: string) {
  const entry = await read(historyKey("web", operation));
  if (entry === undefined) return undefined;
  const decoded = decodeRecord(operation, entry.value);
  if (!decoded.ok) throw new Error(decoded.error);
  return { record: decoded.value, revision: entry.createRevision };
}

describe("an act", () => {
  it("writes values, status and record at one revision", async () => {
    const status = put("status/rollouts/web", "{}");
    const act = await actOn(["weights/web", "status/rollouts/web"], toZero, status);
    const done = await commitAct(faulty.store, act);
    expect(done).toEqual({ kind: "done", revision: 3n });
    expect((await read("weights/web"))?.modRevision).toBe(3n);
    expect((await read("status/rollouts/web"))?.modRevision).toBe(3n);
    expect(await record(act.operation)).toEqual({
      revision: 3n,
      record: {
        id: act.operation,
        by: "guard",
        why: "v2 fails",
        atMs: 1_700_000_000_000,
        // The status is the loop's own: history tells of what people can write, and of latches.
        changes: [
          {
            key: "weights/web",
            before: { kind: "text", text: '{"v1":90,"v2":10}' },
            after: { kind: "text", text: '{"v1":100,"v2":0}' },
          },
        ],
        evidence: { requests: 24, errors: 9 },
      },
    });
  });

  it("tells of a guard's latch, which keeps a version away until somebody says otherwise", async () => {
    const act = await actOn(["status/guards/web"], put("status/guards/web", "{}"));
    await commitAct(faulty.store, act);
    expect((await record(act.operation))?.record.changes).toEqual([
      {
        key: "status/guards/web",
        before: { kind: "absent" },
        after: { kind: "text", text: "{}" },
      },
    ]);
  });

  it("tells of what was not there before, and of what goes", async () => {
    const made = await actOn(["rollouts/web"], put("rollouts/web", "a"));
    await commitAct(faulty.store, made);
    const gone = await actOn(["rollouts/web"], remove("rollouts/web"));
    await commitAct(faulty.store, gone);
    expect((await record(made.operation))?.record.changes[0]?.before).toEqual({ kind: "absent" });
    expect((await record(gone.operation))?.record.changes[0]?.after).toEqual({ kind: "absent" });
  });

  it.each([
    ["what it writes", "weights/web"],
    ["what it only read", "services/web"],
  ])("is lost when somebody has changed %s since", async (_what, key) => {
    const act = await actOn(["weights/web", "services/web"], toZero);
    await write(put(key, "{}"));
    const before = await text("weights/web");
    expect(await commitAct(faulty.store, act)).toEqual({ kind: "lost" });
    expect(await text("weights/web")).toBe(before);
    expect(await record(act.operation)).toBeUndefined();
  });

  it("is lost when the fence does not hold", async () => {
    await write(put("status/controller", "one"));
    const term = { key: "status/controller", modRevision: 3n };
    const first = await actOn(["weights/web"], toZero);
    expect(await commitAct(faulty.store, first, [term])).toMatchObject({ kind: "done" });
    await write(put("status/controller", "two"));
    const second = await actOn(["weights/web"], put("weights/web", '{"v1":1}'));
    expect(await commitAct(faulty.store, second, [term])).toEqual({ kind: "lost" });
    expect(await text("weights/web")).toBe('{"v1":100,"v2":0}');
  });

  it("of a status alone leaves no record", async () => {
    const act = await actOn(["status/rollouts/web"], put("status/rollouts/web", "{}"));
    await commitAct(faulty.store, act);
    expect(value(await memory.list("history/")).entries.size).toBe(0);
  });

  it("writes its notes without having read them", async () => {
    const act = await actOn(["weights/web"], toZero);
    await write(put("status/alerts/1", "an older one of the same id"));
    const noted = { ...act, notes: [put("status/alerts/1", "alert")] };
    expect(await commitAct(faulty.store, noted)).toMatchObject({ kind: "done" });
    expect(await text("status/alerts/1")).toBe("alert");
  });

  it("that writes what it has not read, or nothing, is a bug", async () => {
    const blind = await actOn(["services/web"], toZero);
    await expect(commitAct(faulty.store, blind)).rejects.toThrow("writes what it has not read");
    const idle = await actOn(["services/web"]);
    await expect(commitAct(faulty.store, idle)).rejects.toThrow("writes nothing");
  });

  it("says what the store refuses", async () => {
    const long = "x".repeat(limits.store.valueBytes + 1);
    const act = await actOn(["weights/web"], put("weights/web", long));
    expect(await commitAct(faulty.store, act)).toMatchObject({
      kind: "failed",
      error: { kind: "refused" },
    });
  });

  it("has an operation that sorts by time and is like no other", () => {
    const made = Array.from({ length: 1_000 }, () => newOperation(1_700_000_000_000));
    expect(new Set(made).size).toBe(1_000);
    expect(newOperation(1_700_000_000_001) > (made[0] ?? "")).toBe(true);
    expect(timeOfId(made[0] ?? "")).toBe(1_700_000_000_000);
  });
});

describe("a lost answer", () => {
  it("is found to be done by the record", async () => {
    faulty.faults.push("doneUnanswered");
    const act = await actOn(["weights/web"], toZero);
    expect(await commitAct(faulty.store, act)).toEqual({ kind: "done", revision: 3n });
    // Not even a second time.
    expect(faulty.asked).toHaveLength(1);
  });

  it("is found to be done though others have written since", async () => {
    const act = await actOn(["weights/web", "status/rollouts/web"], toZero);
    const inner = faulty.store.transact;
    Object.assign(faulty.store, {
      transact: async (transaction: Parameters<typeof inner>[0]) => {
        value(await memory.transact(transaction));
        await write(put("weights/web", "a person's"), put("status/rollouts/web", "{}"));
        return { ok: false, error: lostAnswer };
      },
    });
    expect(await commitAct(faulty.store, act)).toEqual({ kind: "done", revision: 3n });
  });

  it("is found to be not done", async () => {
    faulty.faults.push("undoneUnanswered");
    const act = await actOn(["weights/web"], toZero);
    expect(await commitAct(faulty.store, act)).toEqual({ kind: "lost", error: lostAnswer });
  });

  it("of a status alone is found by its operation", async () => {
    const key = "status/rollouts/web";
    const act = await actOn([key]);
    const status = put(key, JSON.stringify({ operation: act.operation }));
    faulty.faults.push("doneUnanswered");
    const done = await commitAct(faulty.store, { ...act, writes: [status] });
    expect(done).toEqual({ kind: "done", revision: 3n });

    const next = await actOn([key], put(key, JSON.stringify({ operation: "next" })));
    faulty.faults.push("undoneUnanswered");
    expect(await commitAct(faulty.store, next)).toEqual({ kind: "lost", error: lostAnswer });
  });

  it.each(["{}", "null", "[]", "not json"])(
    "of a status that somebody has written since (%s) stays open",
    async (since) => {
      const key = "status/rollouts/web";
      const act = await actOn([key], put(key, "{}"));
      faulty.faults.push("undoneUnanswered");
      await write(put(key, since));
      expect(await commitAct(faulty.store, act)).toEqual({ kind: "failed", error: lostAnswer });
    },
  );

  it("stays open where nothing can be read", async () => {
    const act = await actOn(["weights/web"], toZero);
    Object.assign(faulty.store, {
      transact: async () => {
        faulty.away = true;
        return { ok: false, error: lostAnswer };
      },
    });
    expect(await commitAct(faulty.store, act)).toEqual({ kind: "failed", error: lostAnswer });
    const other = { ...(await actOn(["status/x"])), writes: [put("status/x", "{}")] };
    expect(await commitAct(faulty.store, other)).toEqual({ kind: "failed", error: lostAnswer });
  });
});
