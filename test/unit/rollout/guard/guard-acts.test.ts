/** What a guard writes rests on what is in the store at that moment, and on what can be done about it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../../../src/app/entry-taps.ts";
import { limits } from "../../../../src/config/limits.ts";
import { err, ok, type Result } from "../../../../src/lib/result.ts";
import type { Guard } from "../../../../src/model/guard.ts";
import type { ServiceName, SubsetName } from "../../../../src/model/names.ts";
import type { SubsetSignal } from "../../../../src/observe/load/signal.ts";
import type { Measurement } from "../../../../src/observe/provider.ts";
import { GuardLooks } from "../../../../src/rollout/guard/guard-looks.ts";
import type { GuardedService } from "../../../../src/rollout/guard/guarded-service.ts";
import { leaderKey, type Term } from "../../../../src/rollout/leader.ts";
import { decodeGuardStatus, encodeGuardStatus } from "../../../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../../../src/store/memory.ts";
import type { Write } from "../../../../src/store/store.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass, settled } from "../../../support/settle.ts";
import { put, value } from "../../store/contract.ts";
import { guard, ruleOf, signalOf } from "../judge/rules.ts";

const web = "web" as ServiceName;
const [v1, v2] = ["v1" as SubsetName, "v2" as SubsetName];
const byProvider = guard({
  subset: v2,
  provider: { kind: "web", url: "http://127.0.0.1/", jsonPath: "$.x" },
  failureCondition: ruleOf("result > 5"),
});

let clock: FakeClock;
let store: MemoryStore;
let taps: EntryTaps;
let service: GuardedService;
let signal: SubsetSignal;
let answer: (answer: Result<Measurement, string>) => void;
let asked: number;
let untold: string[];
let looksBack: (ms: number) => void;
let looks: GuardLooks | undefined;

const serviceOf = (one: Guard, changes: Partial<GuardedService> = {}): GuardedService => ({
  name: web,
  guards: [one],
  subsets: [v1, v2],
  usable: new Set([v1, v2]),
  weights: [
    { subset: v1, weight: 90 },
    { subset: v2, weight: 10 },
  ],
  ...changes,
});

beforeEach(async () => {
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  taps = new EntryTaps();
  looksBack = () => undefined;
  [asked, untold, signal] = [0, [], signalOf(30, 100)];
  await write(put("weights/web", '{"v1":90,"v2":10}'));
});

afterEach(async () => {
  await looks?.close();
});

const write = async (...writes: Write[]) => value(await store.transact({ compare: [], writes }));
const stored = async (key: string) => value(await store.get(key))?.value;
const weights = async () =>
  JSON.parse(Buffer.from((await stored("weights/web")) ?? []).toString()) as unknown;

async function start(of: GuardedService): Promise<void> {
  service = of;
  const { revision } = await write(put(leaderKey, "this one"));
  const term: Term = { key: leaderKey, modRevision: revision };
  store.watch({
    start: (state) => taps.start(state),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  looks = new GuardLooks({
    ...{ clock, store },
    leader: { term: () => term, deposed: () => undefined },
    entries: () => taps.entries,
    services: () => [service],
    signal: (_service, _subset, lookbackMs) => {
      looksBack(lookbackMs);
      return signal;
    },
    provider: {
      measure: (_query, stop) => {
        asked += 1;
        return new Promise((resolve) => {
          answer = resolve;
          stop.addEventListener("abort", () => resolve(err("given up")));
        });
      },
    },
    observer: {
      tripped: () => undefined,
      notTripped: (_event, why) => untold.push(why),
      unreadable: (_key, why) => untold.push(why),
    },
  });
  await pass(clock, 1_000, 1_000);
}

const failing = () => answer(ok({ value: 9, atMs: clock.wallMs(), ageMs: 0 }));

describe("what a guard does", () => {
  it("takes the weights that are there when a provider has answered, not those from before", async () => {
    await start(serviceOf(byProvider));
    await write(put("weights/web", '{"v1":70,"v2":30}'));
    service = serviceOf(byProvider, {
      weights: [
        { subset: v1, weight: 70 },
        { subset: v2, weight: 30 },
      ],
    });
    failing();
    await settled();
    expect(await weights()).toEqual({ v1: 70, v2: 0 });
  });

  it("does nothing about an answer when somebody has retried meanwhile", async () => {
    await start(serviceOf(byProvider));
    const retried = new Map([[v2, clock.wallMs()]]);
    const status = encodeGuardStatus({ latched: new Map(), retried, operation: "another" });
    await write({ kind: "put", key: "status/guards/web", value: status });
    failing();
    await settled();
    expect(await weights()).toEqual({ v1: 90, v2: 10 });
    expect(await stored("status/guards/web")).toEqual(status);
  });

  it("does nothing for a guard that is gone when a provider has answered", async () => {
    await start(serviceOf(byProvider));
    service = serviceOf(guard({ ...byProvider, failureCondition: ruleOf("result > 10") }));
    failing();
    await settled();
    expect(await weights()).toEqual({ v1: 90, v2: 10 });
  });

  it("asks a provider that has no answer once in an interval, and not once in a second", async () => {
    await start(serviceOf(guard({ ...byProvider, intervalMs: 10_000 })));
    answer(err("it is ill"));
    await pass(clock, 9_000, 1_000);
    expect(asked).toBe(1);
    await pass(clock, 1_000, 1_000);
    expect(asked).toBe(2);
  });

  it("makes no outage: the only version that can take traffic keeps it, and that is told once", async () => {
    await write(put("weights/web", '{"v1":0,"v2":100}'));
    const [none, all] = [
      { subset: v1, weight: 0 },
      { subset: v2, weight: 100 },
    ];
    await start(serviceOf(guard(), { usable: new Set([v2]), weights: [none, all] }));
    await pass(clock, 30_000, 1_000);
    expect(await weights()).toEqual({ v1: 0, v2: 100 });
    expect(await stored("status/guards/web")).toBeUndefined();
    expect(untold).toEqual(["it stays, since no other version can take its traffic"]);
    expect(looks?.results("web")[0]).toMatchObject({
      verdict: "fail",
      reason: expect.stringMatching(/it stays, since no other version can take its traffic$/),
    });
  });

  it("gives the traffic to a version that has instances, where the stable one has none", async () => {
    const v3 = "v3" as SubsetName;
    await write(put("weights/web", '{"v1":0,"v2":100,"v3":0}'));
    const all = [v1, v2, v3].map((subset) => ({ subset, weight: subset === v2 ? 100 : 0 }));
    const more = { subsets: [v1, v2, v3] as const, usable: new Set([v2, v3]), weights: all };
    await start(serviceOf(guard({ subset: v2 }), more));
    expect(await weights()).toEqual({ v1: 0, v2: 0, v3: 100 });
  });

  it("is not blinded by a retry from a clock that is an hour ahead, nor misled by one behind", async () => {
    const lookbacks: number[] = [];
    looksBack = (ms) => lookbacks.push(ms);
    signal = signalOf(0, 100);
    await start(serviceOf(guard({ subset: v2, intervalMs: 1_000 })));
    for (const aheadMs of [3_600_000, -3_600_000]) {
      const retried = new Map([[v2, clock.wallMs() + aheadMs]]);
      const value = encodeGuardStatus({ latched: new Map(), retried, operation: `${aheadMs}` });
      await write({ kind: "put", key: "status/guards/web", value });
      lookbacks.length = 0;
      await pass(clock, limits.load.lateMs + 4_000, 1_000);
      expect(lookbacks).toEqual([1_000, 2_000, 3_000]);
      await pass(clock, 300_000, 1_000);
      expect(Math.max(...lookbacks)).toBe(120_000);
    }
  });

  it("writes a latch that can be read, whatever the sentence about it", async () => {
    const text = [...Array(50).keys()].map((each) => `result.f${each} > 1`).join(" || ");
    const metrics = new Map([...Array(50).keys()].map((each) => [`f${each}`, 5_000] as const));
    const sums = new Map([...metrics].map(([name, total]) => [name, { count: 100, total }]));
    signal = signalOf(0, 100, { metrics: sums });
    await start(serviceOf(guard({ subset: v2, failureCondition: ruleOf(text) })));
    const latch = await stored("status/guards/web");
    expect(latch === undefined ? undefined : decodeGuardStatus({ value: latch }).ok).toBe(true);
    expect(await weights()).toEqual({ v1: 90, v2: 0 });
  });
});
