import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { err } from "../../../src/lib/result.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { readHistory, rowsOf } from "../../../src/store/read-history.ts";
import { writeWeights } from "../../../src/store/weights.ts";
import { isAway } from "../../support/faulty-store.ts";
import { put, value } from "./contract.ts";

const set = async (store: MemoryStore, weight: number): Promise<void> => {
  const bytes = Buffer.from(JSON.stringify({ v1: weight }));
  const asked = { by: "ann", why: "test", force: true };
  const written = await writeWeights(store, "web", bytes, asked);
  expect(written.ok).toBe(true);
};

/** Runs `meanwhile` between the list of the records and the look at their keys, `times` times. */
function interrupted(store: MemoryStore, times: number, meanwhile: () => Promise<void>) {
  const list = store.list.bind(store);
  let lists = 0;
  store.list = async (prefix) => {
    const listed = await list(prefix);
    if (prefix.startsWith("history/")) {
      lists += 1;
      if (lists <= times) await meanwhile();
    }
    return listed;
  };
  return { lists: () => lists };
}

const kinds = async (store: MemoryStore) =>
  rowsOf(value(await readHistory(store, "web"))).map(({ kind }) => kind);

describe("the history as it is read", () => {
  it("takes a change with its record for no gap, though it comes between the reads", async () => {
    const store = new MemoryStore();
    await set(store, 1);
    let weight = 1;
    const seen = interrupted(store, 1, async () => {
      weight += 1;
      await set(store, weight);
    });
    expect(await kinds(store)).toEqual(["record", "record"]);
    expect(seen.lists()).toBe(2);
  });

  it("is told as it is where somebody writes all the time", async () => {
    const store = new MemoryStore();
    await set(store, 1);
    let weight = 1;
    const seen = interrupted(store, Number.POSITIVE_INFINITY, async () => {
      weight += 1;
      await set(store, weight);
    });
    await kinds(store);
    expect(seen.lists()).toBe(limits.history.readAttempts);
  });

  it("names what is no record, and says that the store is away", async () => {
    const store = new MemoryStore();
    await store.transact({ compare: [], writes: [put("history/web/a/b", "{}")] });
    expect(value(await readHistory(store, "web"))).toEqual({
      records: [],
      entries: new Map(),
      broken: [{ key: "history/web/a/b", reason: "not the key of a record" }],
    });
    await set(store, 1);
    store.get = async () => err(isAway);
    expect(await readHistory(store, "web")).toEqual({ ok: false, error: isAway });
  });
});
