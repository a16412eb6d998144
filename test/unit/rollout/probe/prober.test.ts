/** The prober with a store in memory: what it writes, when, and that it stops when it leads no longer. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../../../src/app/entry-taps.ts";
import { limits } from "../../../../src/config/limits.ts";
import type { ServiceName } from "../../../../src/model/names.ts";
import type { HealthCheck } from "../../../../src/model/service.ts";
import type { Term } from "../../../../src/rollout/leader.ts";
import type { ProbeOutcome } from "../../../../src/rollout/probe/probe.ts";
import type { ProbedService } from "../../../../src/rollout/probe/probed-service.ts";
import { Prober } from "../../../../src/rollout/probe/prober.ts";
import {
  decodeHealthStatus,
  encodeHealthStatus,
} from "../../../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../../../src/store/memory.ts";
import { healthStatusKey } from "../../../../src/store/status-keys.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { type FaultyStore, faultyStore } from "../../../support/faulty-store.ts";
import { pass } from "../../../support/settle.ts";
import { put, value } from "../../store/contract.ts";

const web = "web" as ServiceName;
const shop = "shop" as ServiceName;
const key = healthStatusKey(web);
const leaderKey = "status/controller";
const [a, b] = ["10.0.0.1:80", "10.0.0.2:80"] as const;
const check: HealthCheck = {
  check: { kind: "tcp" },
  intervalMs: 1_000,
  timeoutMs: 100,
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};

let clock: FakeClock;
let memory: MemoryStore;
let faulty: FaultyStore;
let services: Map<ServiceName, ProbedService>;
let needed: Set<ServiceName>;
let broken: Set<string>;
let term: Term | undefined;
let probedCount: number;
let told: string[];
let counts: string;
let open: Prober[];

beforeEach(async () => {
  clock = new FakeClock();
  memory = new MemoryStore({ clock });
  faulty = faultyStore(memory);
  services = new Map([[web, service(web, [a, b])]]);
  [needed, broken, told, open] = [new Set([web]), new Set(), [], []];
  [probedCount, counts] = [0, ""];
  const { revision } = value(
    await memory.transact({ compare: [], writes: [put(leaderKey, "me")] }),
  );
  term = { key: leaderKey, modRevision: revision };
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  expect(clock.pending).toBe(0);
  await memory.close();
});

const service = (name: ServiceName, texts: readonly string[]): ProbedService => ({
  name,
  health: check,
  protocol: "http",
  addresses: new Map(texts.map((text) => [text, { host: text.replace(/:.*/, ""), port: 80 }])),
});

function start(): Prober {
  const taps = new EntryTaps();
  memory.watch({
    start: (state) => taps.start(state),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  const prober = new Prober({
    clock,
    store: faulty.store,
    leader: { term: () => term, deposed: () => (term = undefined) },
    entries: () => new Map([...taps.entries].filter(([each]) => each.startsWith("status/health/"))),
    needed: () => needed,
    probed: (name) => services.get(name),
    probe: async ({ address }): Promise<ProbeOutcome> => {
      probedCount += 1;
      return broken.has(address.host)
        ? { kind: "answer", reason: "it answers 503" }
        : { kind: "well" };
    },
    random: () => 0.5,
    observer: {
      probed: () => undefined,
      marked: (name, sick) => told.push(`${name}: ${[...sick.keys()].join(" ") || "nobody"}`),
      counted: (probed, marked) => (counts = `${marked} of ${probed}`),
      notWritten: (name, why) => told.push(`${name}: ${why}`),
      leftOut: (names) => told.push(`left out: ${names.join(" ")}`),
    },
  });
  open.push(prober);
  return prober;
}

async function stored(at = key) {
  const entry = value(await memory.get(at));
  const read = entry && decodeHealthStatus(entry);
  return read?.ok === true ? [...read.value.sick.keys()] : undefined;
}
const writes = () => faulty.asked.length;
const seconds = (n: number) => pass(clock, n * 1_000, 100);

describe("the prober", () => {
  it("writes who is sick once, and takes the key away when all are well", async () => {
    start();
    broken.add("10.0.0.2");
    await seconds(10);
    expect(await stored()).toEqual([b]);
    expect(writes()).toBe(1);
    expect(counts).toBe("1 of 2");
    broken.clear();
    await seconds(2);
    // It is back, and its version gets no share yet.
    expect(await stored()).toEqual([b]);
    expect([writes(), counts]).toEqual([2, "0 of 2"]);
    await seconds(5);
    expect(value(await memory.get(key))).toBeUndefined();
    expect(writes()).toBe(3);
    expect(told).toEqual([`web: ${b}`, "web: nobody", "web: nobody"]);
  });

  it("does nothing while another one leads, and stops when it leads no longer", async () => {
    const mine = term;
    term = undefined;
    start();
    broken.add("10.0.0.2");
    await seconds(5);
    expect(probedCount).toBe(0);
    term = mine;
    await seconds(5);
    expect(await stored()).toEqual([b]);
    term = undefined;
    await seconds(2);
    const before = probedCount;
    broken.add("10.0.0.1");
    await seconds(5);
    expect([probedCount, await stored()]).toEqual([before, [b]]);
  });

  it("is fenced by its term: what a leader of before has found is not written", async () => {
    start();
    await seconds(2);
    await memory.transact({ compare: [], writes: [put(leaderKey, "somebody else")] });
    broken.add("10.0.0.2");
    await seconds(5);
    expect(await stored()).toBeUndefined();
    expect(term).toBeUndefined();
  });

  it("goes on from what an earlier leader has written, without a write", async () => {
    const sick = new Map([[b, { sinceMs: 1, kind: "answer", reason: "it answered 500" } as const]]);
    await memory.transact({
      compare: [],
      writes: [{ kind: "put", key, value: encodeHealthStatus({ sick, operation: "x" }) }],
    });
    broken.add("10.0.0.2");
    start();
    await seconds(10);
    expect(writes()).toBe(0);
    broken.clear();
    await seconds(6);
    expect(value(await memory.get(key))).toBeUndefined();
  });

  it("leaves verdicts for a while after the last client has gone, and then takes them away", async () => {
    start();
    broken.add("10.0.0.2");
    await seconds(5);
    needed.clear();
    await pass(clock, limits.probes.lingerMs - 3_000, 500);
    expect(await stored()).toEqual([b]);
    await pass(clock, 6_000, 500);
    expect(value(await memory.get(key))).toBeUndefined();
    const before = probedCount;
    await seconds(5);
    expect(probedCount).toBe(before);
    expect(counts).toBe("0 of 0");
  });

  it("takes verdicts away at once where the service is not checked any more", async () => {
    start();
    broken.add("10.0.0.2");
    await seconds(5);
    services.clear();
    await seconds(2);
    expect(value(await memory.get(key))).toBeUndefined();
  });

  it("forgets an instance that is gone", async () => {
    start();
    broken.add("10.0.0.2");
    await seconds(5);
    services.set(web, service(web, [a]));
    await seconds(3);
    expect(value(await memory.get(key))).toBeUndefined();
  });

  it("writes anew what it cannot read", async () => {
    await memory.transact({ compare: [], writes: [put(key, "{")] });
    start();
    await seconds(3);
    expect(value(await memory.get(key))).toBeUndefined();
  });

  it("says once that the store is away, and writes when it is back", async () => {
    start();
    await seconds(1);
    faulty.away = true;
    broken.add("10.0.0.2");
    await seconds(10);
    expect(told).toEqual(["web: the store is away"]);
    faulty.away = false;
    await seconds(3);
    expect(await stored()).toEqual([b]);
  });

  it("looks an answer up that was lost, and writes nothing twice", async () => {
    start();
    faulty.faults.push("doneUnanswered");
    broken.add("10.0.0.2");
    await seconds(6);
    expect([await stored(), writes()]).toEqual([[b], 1]);
  });

  it("writes of one service no more than once a second, however its instances change", async () => {
    services.set(web, {
      ...service(web, [a, b]),
      health: { ...check, intervalMs: 50, unhealthyThreshold: 1 },
    });
    start();
    for (let n = 0; n < 100; n++) {
      broken = new Set(n % 2 === 0 ? ["10.0.0.2"] : []);
      await pass(clock, 100, 25);
    }
    expect(writes()).toBeGreaterThan(3);
    expect(writes()).toBeLessThanOrEqual(11);
  });

  it("leaves out services for whose instances there is no room, and says which", async () => {
    const many = Array.from(
      { length: limits.probes.instances - 1 },
      (_, n) => `10.1.${n >> 8}.${n & 255}:80`,
    );
    services.set(shop, service(shop, many));
    needed.add(shop);
    start();
    expect(told).toEqual(["left out: web"]);
    await seconds(1);
    services.delete(shop);
    await seconds(2);
    expect(told).toEqual(["left out: web", "left out: "]);
  });

  it("has so many writes under way at the same time, however many services are sick at once", async () => {
    const names = Array.from({ length: 50 }, (_, n) => `s${n}` as ServiceName);
    for (const [n, name] of names.entries()) {
      services.set(name, service(name, [`10.2.0.${n}:80`]));
      needed.add(name);
      broken.add(`10.2.0.${n}`);
    }
    let [underWay, most] = [0, 0];
    const { transact } = faulty.store;
    faulty.store.transact = async (transaction) => {
      underWay += 1;
      most = Math.max(most, underWay);
      const outcome = await transact(transaction);
      underWay -= 1;
      return outcome;
    };
    start();
    await seconds(6);
    expect(await Promise.all(names.map((name) => stored(healthStatusKey(name))))).toEqual(
      names.map((_, n) => [`10.2.0.${n}:80`]),
    );
    expect(most).toBe(limits.probes.writesAtOnce);
  });
});
