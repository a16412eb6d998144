import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SubsetName } from "../../../src/model/names.ts";
import type { Rollout } from "../../../src/model/rollout.ts";
import { decide } from "../../../src/rollout/release/decide.ts";
import type { DecideInput, Decision, Weights } from "../../../src/rollout/release/decision.ts";
import { releaseWeights, withoutCanary } from "../../../src/rollout/release/shares.ts";
import { releaseAct, weightsKey } from "../../../src/rollout/release-act.ts";
import { commitAct, newOperation } from "../../../src/store/act.ts";
import { decodeEntry } from "../../../src/store/decode/decode-entry.ts";
import { decodeRolloutStatus } from "../../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { rolloutStatusKey } from "../../../src/store/status-keys.ts";
import type { Entry, Store } from "../../../src/store/store.ts";
import { type FaultyStore, faultyStore } from "../../support/faulty-store.ts";
import { minute, pause, rolloutOf, setWeight, v2, weightsOf } from "../../support/releases.ts";
import { put, value } from "../store/contract.ts";

const plan = rolloutOf([setWeight(5), setWeight(20), pause(minute), setWeight(50)]);
const service = plan.service;

function weightsIn(entry: Entry | undefined): Weights | undefined {
  if (entry === undefined) return undefined;
  const { content, diagnostics } = decodeEntry(entry);
  expect(diagnostics).toEqual([]);
  if (content?.kind !== "weights") throw new Error("no weights");
  return new Map(content.weights.map(({ subset, weight }) => [subset, weight]));
}

/** One turn of a controller that remembers nothing. */
async function turn(store: Store, rollout: Rollout, nowMs: number): Promise<Decision> {
  const { revision, entries } = value(await store.list(""));
  const read = [rolloutStatusKey(service), weightsKey(service)].map((key) => ({
    key,
    entry: entries.get(key),
  }));
  const statusEntry = entries.get(rolloutStatusKey(service));
  const status = statusEntry === undefined ? undefined : decodeRolloutStatus(statusEntry);
  if (status?.ok === false) throw new Error(status.error);
  const written = BigInt(status?.value.writtenRevision ?? 0n);
  const input: DecideInput = {
    rollout,
    status: status?.value,
    weights: weightsIn(entries.get(weightsKey(service))),
    weightsBy: undefined,
    latch: undefined,
    acked: written <= revision ? { kind: "applied" } : { kind: "pending", behind: [] },
    analysis: new Map(),
    blind: [],
    window: { open: true, untilMs: undefined },
    gates: new Map(),
    nowMs,
    operation: newOperation(nowMs),
  };
  const decision = decide(input);
  if (decision.kind === "write") {
    await commitAct(store, releaseAct(decision, { service, by: "serin", atMs: nowMs, read }));
  }
  return decision;
}

/** The canary's weights that the store has had, each as it was written. */
function followed(memory: MemoryStore): readonly number[] {
  const seen: number[] = [];
  memory.watch({
    start: () => {},
    change: ({ puts }) => {
      for (const entry of puts) {
        if (entry.key === weightsKey(service)) seen.push(weightsIn(entry)?.get(v2) ?? -1);
      }
    },
    health: () => {},
  });
  return seen;
}

async function begun(): Promise<{ memory: MemoryStore; faulty: FaultyStore }> {
  const memory = new MemoryStore();
  await memory.transact({ compare: [], writes: [put("weights/web", '{"v1":100,"v2":0}')] });
  return { memory, faulty: faultyStore(memory) };
}

const fate = fc.constantFrom("done", "done", "done", "doneUnanswered", "undoneUnanswered");

describe("a release through the store", () => {
  it("goes through its plan once, whoever acts at the same time and whatever answer is lost", async () => {
    const turns = fc.array(
      fc.record({
        controllers: fc.integer({ min: 1, max: 3 }),
        fates: fc.array(fate, { minLength: 3, maxLength: 3 }),
      }),
      { minLength: 60, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(turns, async (all) => {
        const { memory, faulty } = await begun();
        const seen = followed(memory);
        let nowMs = 1_700_000_000_000;
        for (const { controllers, fates } of all) {
          nowMs += 10_000;
          const faults = fates.slice(0, controllers);
          // An entry for each transaction to come; some controllers may have nothing to write.
          faulty.faults.splice(0, faulty.faults.length);
          for (const each of faults) {
            faulty.faults.push(each === "done" ? async () => {} : each);
          }
          await Promise.all(
            Array.from({ length: controllers }, () => turn(faulty.store, plan, nowMs)),
          );
        }
        expect(seen).toEqual([5, 20, 50, 100]);
      }),
      { numRuns: 30 },
    );
  });

  it("has one record of each change of weights, by serin, with its reason", async () => {
    const { memory } = await begun();
    for (let turns = 0; turns < 30; turns++)
      await turn(memory, plan, 1_700_000_000_000 + turns * minute);
    const { entries } = value(await memory.list("history/web/"));
    const records = [...entries.values()].map((entry) => Buffer.from(entry.value).toString());
    expect(records).toHaveLength(4);
    expect(records[0]).toContain("step 1 of 4 (v2 at 5 %) is written");
  });

  it("does not overwrite what a person writes at the same time", async () => {
    const { memory, faulty } = await begun();
    await turn(faulty.store, plan, 1_700_000_000_000);
    faulty.faults.push(async () => {
      await memory.transact({ compare: [], writes: [put("weights/web", '{"v1":70,"v2":30}')] });
    });
    await turn(faulty.store, plan, 1_700_000_001_000);
    await turn(faulty.store, plan, 1_700_000_002_000);
    const status = value(await memory.get(rolloutStatusKey(service)));
    expect(Buffer.from(status?.value ?? []).toString()).toContain('"for":"WeightsChanged"');
    expect(weightsIn(value(await memory.get("weights/web")))).toEqual(
      weightsOf({ v1: 70, v2: 30 }),
    );
  });
});

describe("weights that a release writes", () => {
  const found = fc
    .dictionary(
      fc.constantFrom("v0", "v1", "v2", "v3"),
      fc.oneof(fc.nat({ max: 1_000_000 }), fc.constantFrom(0.5, 33.33)),
      { minKeys: 1 },
    )
    .filter((weights) => Object.values(weights).some((weight) => weight > 0))
    .map((weights) => new Map(Object.entries(weights)) as unknown as Map<SubsetName, number>);

  it("are such as every object may have", () => {
    fc.assert(
      fc.property(found, fc.nat({ max: 10_000 }), fc.boolean(), (weights, hundredths, aborts) => {
        const after = aborts
          ? withoutCanary(plan, weights)
          : releaseWeights(plan, hundredths / 100, weights);
        const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(after)));
        const entry = { key: "weights/web", value: bytes, modRevision: 1n, createRevision: 1n };
        expect(weightsIn(entry)).toEqual(after);
      }),
    );
  });
});
