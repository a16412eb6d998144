import { beforeEach, describe, expect, it } from "vitest";
import type { SubsetName } from "../../../src/model/names.ts";
import { encodeGuardStatus } from "../../../src/store/decode/status-codec.ts";
import { retryGuards } from "../../../src/store/guard-status.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { type FaultyStore, faultyStore, isAway, lostAnswer } from "../../support/faulty-store.ts";
import { put, value } from "./contract.ts";

const key = "status/guards/web";
const ann = { by: "ann@host", why: "fixed" };
const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
const [v2, v3] = ["v2" as SubsetName, "v3" as SubsetName];

let memory: MemoryStore;
let faulty: FaultyStore;
beforeEach(() => {
  memory = new MemoryStore();
  faulty = faultyStore(memory);
});

const write = async (text: string) =>
  value(await memory.transact({ compare: [], writes: [put(key, text)] }));

const latchBoth = () => {
  const latched = new Map([v2, v3].map((subset) => [subset, latch]));
  const status = { latched, retried: new Map([[v3, 5]]), operation: "1" };
  return write(Buffer.from(encodeGuardStatus(status)).toString());
};

const stored = async (at: string) => {
  const entry = value(await memory.get(at));
  return entry && JSON.parse(Buffer.from(entry.value).toString());
};

const retry = () => retryGuards(faulty.store, "web", ann);

describe("retry of what guards have taken out", () => {
  it("removes all latches, says when, and is in the history", async () => {
    await latchBoth();
    const beganMs = Date.now();
    const retried = await retry();
    expect(retried).toEqual({ ok: true, value: { revision: 3n, subsets: [v2, v3] } });
    const status = await stored(key);
    expect(status.latched).toEqual({});
    for (const subset of [v2, v3]) {
      expect(status.retried[subset]).toBeGreaterThanOrEqual(beganMs);
      expect(status.retried[subset]).toBeLessThanOrEqual(Date.now());
    }
    const { entries } = value(await memory.list("history/web/"));
    const [record] = await Promise.all([...entries.keys()].map(stored));
    expect(record).toMatchObject({ ...ann, changes: [{ key }] });
  });

  it("leaves everything else as it is", async () => {
    await latchBoth();
    await retry();
    const { entries } = value(await memory.list(""));
    expect([...entries.keys()].filter((each) => !each.startsWith("history/"))).toEqual([key]);
  });

  it.each([
    ["there is no status", undefined],
    ["nothing is latched", '{"latched":{},"retried":{"v2":1},"operation":"1"}'],
  ])("is refused where %s, and writes nothing", async (_, text) => {
    if (text !== undefined) await write(text);
    const instance = put("endpoints/web/a", '{"address":"127.0.0.1:1"}');
    value(await memory.transact({ compare: [], writes: [instance] }));
    const message = "no guard has taken out a version of web";
    expect(await retry()).toEqual({ ok: false, error: { kind: "refused", message } });
    expect(faulty.asked).toEqual([]);
  });

  it("is refused where there is no such service, which is said", async () => {
    expect(await retry()).toMatchObject({
      error: { kind: "refused", message: expect.stringMatching(/^there is no service web: /) },
    });
  });

  it("is refused where the status cannot be read, with what is wrong", async () => {
    await write('{"latched":{"v2":{}},"retried":{},"operation":"1"}');
    const retried = await retry();
    expect(retried).toMatchObject({ ok: false, error: { kind: "refused" } });
    expect(retried.ok || JSON.stringify(retried.error)).toContain(`${key}: `);
  });

  it("overwrites nobody: a guard that latches meanwhile wins", async () => {
    await latchBoth();
    faulty.faults.push(async () => void (await latchBoth()));
    expect(await retry()).toEqual({ ok: false, error: { kind: "changed" } });
    expect(Object.keys((await stored(key)).latched)).toEqual(["v2", "v3"]);
  });

  it("is done once where the answer was lost, and not where it was not done", async () => {
    await latchBoth();
    faulty.faults.push("undoneUnanswered", "doneUnanswered");
    expect(await retry()).toEqual({ ok: false, error: { kind: "store", error: lostAnswer } });
    expect(await retry()).toMatchObject({ ok: true, value: { revision: 3n } });
    expect(value(await memory.list("history/web/")).entries.size).toBe(1);
  });

  it("passes on that the store is away", async () => {
    await latchBoth();
    faulty.away = true;
    expect(await retry()).toEqual({ ok: false, error: { kind: "store", error: isAway } });
  });
});
