import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { HistoryPruner } from "../../../src/rollout/history-pruner.ts";
import { leaderKey, type Term } from "../../../src/rollout/leader.ts";
import { pruneHistory } from "../../../src/rollout/prune-history.ts";
import { historyKey, operationId } from "../../../src/store/history/record.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { pass, settled } from "../../support/settle.ts";
import { put, value } from "../store/contract.ts";

const { prunedAtOnce, recordsPerService, pruneIntervalMs, pruneStepMs } = limits.history;
const clock = new FakeClock();
const nowMs = clock.wallMs();

let store: MemoryStore;
let term: Term;

beforeEach(async () => {
  store = new MemoryStore();
  const writes = [put(leaderKey, "one")];
  const { revision } = value(await store.transact({ compare: [], writes }));
  term = { key: leaderKey, modRevision: revision };
});

const keys = async () => [...value(await store.list("history/")).entries.keys()];

async function fill(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const key = historyKey("web", operationId(nowMs - count + i, "0a"));
    value(await store.transact({ compare: [], writes: [put(key, "{}")] }));
  }
}

describe("one step of pruning", () => {
  it("is bounded, and says what is left", async () => {
    await fill(recordsPerService + prunedAtOnce + 7);
    const all = await keys();
    expect(value(await pruneHistory(store, term, all, nowMs))).toEqual({
      pruned: prunedAtOnce,
      left: 7,
    });
    expect(value(await pruneHistory(store, term, await keys(), nowMs))).toEqual({
      pruned: 7,
      left: 0,
    });
    expect(await keys()).toEqual(all.slice(-recordsPerService));
  });

  it("writes nothing where nothing is to go", async () => {
    await fill(recordsPerService);
    const before = value(await store.list("")).revision;
    expect(value(await pruneHistory(store, term, await keys(), nowMs)).pruned).toBe(0);
    expect(value(await store.list("")).revision).toBe(before);
  });

  it("does nothing in a term that is over", async () => {
    await fill(recordsPerService + 1);
    value(await store.transact({ compare: [], writes: [put(leaderKey, "two")] }));
    expect(value(await pruneHistory(store, term, await keys(), nowMs))).toEqual({
      pruned: 0,
      left: 1,
    });
    expect(await keys()).toHaveLength(recordsPerService + 1);
  });
});

describe("the pruner", () => {
  let pruner: HistoryPruner | undefined;
  let leads: boolean;
  let told: number[];
  let known: readonly string[];

  beforeEach(async () => {
    [leads, told] = [true, []];
    await fill(recordsPerService + prunedAtOnce + 7);
    known = await keys();
    pruner = new HistoryPruner({
      store,
      leader: { term: () => (leads ? term : undefined) },
      keys: () => known,
      observer: {
        pruned: (records) => {
          told.push(records);
          known = known.slice(records);
        },
      },
      clock,
    });
  });
  afterEach(() => pruner?.close());

  it("goes on step by step until all is done, and rests then", async () => {
    await pass(clock, pruneIntervalMs, 10_000);
    expect(told).toEqual([prunedAtOnce]);
    await pass(clock, pruneStepMs);
    expect(told).toEqual([prunedAtOnce, 7]);
    expect(await keys()).toHaveLength(recordsPerService);
    expect(clock.pending).toBe(1);
  });

  it("waits while this replica does not lead", async () => {
    leads = false;
    await pass(clock, 2 * pruneIntervalMs, 10_000);
    expect(told).toEqual([]);
    leads = true;
    await pass(clock, pruneIntervalMs, 10_000);
    expect(told[0]).toBe(prunedAtOnce);
  });

  it("stops when it is closed", async () => {
    pruner?.close();
    await pass(clock, pruneIntervalMs, 10_000);
    await settled();
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
