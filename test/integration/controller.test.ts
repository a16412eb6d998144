import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { type Child, startChild } from "../../src/dev/child.ts";
import type { Alert } from "../../src/model/alert.ts";
import { actAsLeader } from "../../src/rollout/act.ts";
import { alertsOf } from "../../src/rollout/alert/message.ts";
import { AlertOutbox } from "../../src/rollout/alert/outbox.ts";
import { alertWrite, outboxPrefix } from "../../src/rollout/alert/outbox-entry.ts";
import { Leader, leaderKey } from "../../src/rollout/leader.ts";
import { type Act, commitAct, newOperation } from "../../src/store/act.ts";
import { type EtcdStore, openEtcdStore } from "../../src/store/etcd.ts";
import { readHistory, type ServiceHistory } from "../../src/store/read-history.ts";
import type { Store } from "../../src/store/store.ts";
import { unwrap } from "../support/binaries.ts";
import type { ContenderLine } from "../support/contender.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { seed } from "../support/seed.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";
import { put, value } from "../unit/store/contract.ts";

let etcd: Etcd;
let store: EtcdStore;
let prefixes = 0;
const children: Child[] = [];
const stores: Store[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all(stores.map((each) => each.close()));
  await etcd.stop();
});

function openStore(host = etcd.endpoint): EtcdStore {
  const opened = openEtcdStore({ hosts: [host], prefix: `/controller-${prefixes}/` });
  if (!opened.ok) throw new Error(opened.error);
  stores.push(opened.value);
  return opened.value;
}

/** A prefix that nothing was written under yet. */
function freshStore(): EtcdStore {
  prefixes += 1;
  store = openStore();
  return store;
}

const script = fileURLToPath(new URL("../support/contender.ts", import.meta.url));

interface Contender {
  readonly name: string;
  readonly child: Child;
  readonly lines: readonly ContenderLine[];
}

async function contend(name: string, ttlSeconds: number): Promise<Contender> {
  const lines: ContenderLine[] = [];
  const prefix = `/controller-${prefixes}/`;
  const child = unwrap(
    await startChild({
      name,
      command: process.execPath,
      args: ["--import", "tsx", script, name, etcd.endpoint, prefix, String(ttlSeconds)],
      onLine: (line) => {
        if (line.startsWith("{")) lines.push(JSON.parse(line) as ContenderLine);
      },
    }),
  );
  children.push(child);
  return { name, child, lines };
}

/** Who has the key; undefined: nobody. */
async function leaderNow(): Promise<string | undefined> {
  const entry = value(await store.get(leaderKey));
  return entry && (JSON.parse(Buffer.from(entry.value).toString()) as { who: string }).who;
}

const history = async (): Promise<ServiceHistory> => value(await readHistory(store, "web"));

/** The last weight that was written by `name`. */
async function lastActOf(name: string): Promise<number> {
  const { records } = await history();
  const last = records.findLast(({ record }) => record.by === name);
  const after = last?.record.changes[0]?.after;
  return after?.kind === "text" ? (JSON.parse(after.text) as { v1: number }).v1 : 0;
}

const acts = (name: string, after: number) =>
  eventually(async () => (await lastActOf(name)) > after, {
    what: `an act of ${name}`,
    timeoutMs: (limits.rollout.leaseTtlSeconds + 2) * 1_000,
  });

/** Each act followed upon the one before, and no term acted once a later one had. */
async function provesOneLeader(): Promise<readonly number[]> {
  const { records, broken } = await history();
  expect(broken).toEqual([]);
  const terms: number[] = [];
  for (const [index, { record }] of records.entries()) {
    const [change] = record.changes;
    expect(change?.after).toEqual({ kind: "text", text: `{"v1":${index + 1}}` });
    const before = index === 0 ? { kind: "absent" } : { kind: "text", text: `{"v1":${index}}` };
    expect(change?.before).toEqual(before);
    const term = Number(record.evidence?.["decidedIn"]);
    if (terms.at(-1) !== term) terms.push(term);
  }
  expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a - b));
  return terms;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the leader among processes", () => {
  it("is one: stopped for longer than its time, continued, and killed", async () => {
    freshStore();
    const { leaseTtlSeconds } = limits.rollout;
    const one = await contend("one", leaseTtlSeconds);
    await acts("one", 0);
    const two = await contend("two", leaseTtlSeconds);

    const stopped = await lastActOf("one");
    expect(one.child.signal("SIGSTOP")).toBe(true);
    const began = performance.now();
    await acts("two", 0);
    const takenOverMs = performance.now() - began;
    expect(takenOverMs).toBeLessThan((leaseTtlSeconds + 2) * 1_000);
    await pause(15_000 - takenOverMs);
    const byTwo = await lastActOf("two");
    expect(one.child.signal("SIGCONT")).toBe(true);
    // It notices by its clock before it acts, or by the compare of what was on its way.
    await eventually(() => one.lines.some(({ event }) => event === "lost"), {
      what: "the stopped one to step down",
    });
    await acts("two", byTwo);
    expect(await lastActOf("one")).toBeLessThanOrEqual(stopped + 1);

    await two.child.kill();
    const killed = performance.now();
    const before = await lastActOf("one");
    await acts("one", before);
    expect(performance.now() - killed).toBeLessThan((leaseTtlSeconds + 2) * 1_000);
    expect(await provesOneLeader()).toHaveLength(3);
    await one.child.stop();
    expect(await leaderNow()).toBeUndefined();
  });

  it("gives way at once when it is told to stop", async () => {
    freshStore();
    const one = await contend("one", limits.rollout.leaseTtlSeconds);
    await acts("one", 0);
    await contend("two", limits.rollout.leaseTtlSeconds);
    await pause(500);
    const began = performance.now();
    await one.child.stop();
    await acts("two", 0);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(await provesOneLeader()).toHaveLength(2);
  });

  it("is one over many stops of random length", async () => {
    freshStore();
    const random = seededRandom(seed);
    const ttlSeconds = 2;
    const contenders = await Promise.all(["a", "b", "c"].map((name) => contend(name, ttlSeconds)));
    for (let round = 0; round < 8; round++) {
      const leading = await eventually(leaderNow, { what: "a leader" });
      const child = contenders.find(({ name }) => name === leading)?.child;
      await pause(random() * 300);
      child?.signal("SIGSTOP");
      // Around the moments at which it should step down, and at which its lease runs out.
      await pause(1_000 + random() * 2_500);
      child?.signal("SIGCONT");
      await pause(random() * 300);
    }
    const last = (await history()).records.length;
    await eventually(async () => (await history()).records.length > last, { what: "one more act" });
    await Promise.all(contenders.map(({ child }) => child.stop()));
    const terms = await provesOneLeader();
    expect(terms.length, `seed ${seed}`).toBeGreaterThan(2);
  });
});

describe("two servers on one etcd", () => {
  it("have one leader, which gives way when it drains", async () => {
    freshStore();
    const args = ["--prefix", `/controller-${prefixes}/`];
    const start = () => startSerin({ store: `etcd://${etcd.endpoint}`, args });
    const servers = await Promise.all([start(), start()]);
    const leads = async ({ adminPort }: Serin): Promise<boolean> => {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
      return /^serin_leader 1$/m.test(await answer.text());
    };
    const leaders = async () => {
      const running = servers.filter((server) => server.running);
      const answers = await Promise.all(running.map(leads));
      return running.filter((_, index) => answers[index]);
    };
    const [first] = await eventually(
      async () => {
        const found = await leaders();
        return found.length === 1 && found;
      },
      { what: "a leader" },
    );
    const began = performance.now();
    await first?.stop();
    await eventually(async () => (await leaders()).length === 1, { what: "the other one to lead" });
    expect(performance.now() - began).toBeLessThan(5_000);
    await Promise.all(servers.map((server) => server.stop()));
    expect(await leaderNow()).toBeUndefined();
  });
});

const toZero = async (from: Store, weights: string): Promise<Act> => ({
  service: "web",
  operation: newOperation(Date.now()),
  atMs: Date.now(),
  by: "guard",
  why: "v2 fails",
  read: [{ key: "weights/web", entry: value(await from.get("weights/web")) }],
  writes: [put("weights/web", weights)],
});

describe("an act of a leader that does not know yet", () => {
  it("loses by its compare, and is told so", async () => {
    freshStore();
    const told: string[] = [];
    const observer = {
      elected: () => undefined,
      lost: (_: unknown, why: string) => told.push(why),
      failed: () => undefined,
    };
    const leader = new Leader({ store, name: "one", observer });
    const term = await eventually(() => leader.term(), { what: "the election" });
    const act = await toZero(store, '{"v1":1}');
    // Another one has come meanwhile; this one has not looked since.
    value(await store.transact({ compare: [], writes: [put(leaderKey, "two")] }));
    expect(await actAsLeader(store, leader, act)).toEqual({ kind: "notLeader" });
    expect(told).toEqual([`${leaderKey} is no longer the one of this term`]);
    expect(leader.term()).not.toEqual(term);
    expect(value(await store.get("weights/web"))).toBeUndefined();
    await leader.close();
  });
});

describe("a lost answer", () => {
  let proxy: TcpProxy;
  let through: EtcdStore;

  beforeAll(async () => {
    proxy = await startTcpProxy(etcd.endpoint);
  });
  afterAll(() => proxy.close());

  const behind = async (): Promise<Act> => {
    freshStore();
    through = openStore(proxy.endpoint);
    value(await store.transact({ compare: [], writes: [put("weights/web", '{"v1":90}')] }));
    return toZero(through, '{"v1":100}');
  };

  it("of an act that was done is looked up, and not done again", async () => {
    const act = await behind();
    proxy.holdAnswers(true);
    const committing = commitAct(through, act);
    await eventually(async () => (await history()).records.length === 1, { what: "the write" });
    proxy.cut();
    proxy.holdAnswers(false);
    const committed = await committing;
    const entry = value(await store.get("weights/web"));
    expect(committed).toEqual({ kind: "done", revision: entry?.modRevision });
    expect((await history()).records).toHaveLength(1);
  });

  it("of an act that never arrived is looked up, and nothing is assumed", async () => {
    const act = await behind();
    proxy.blackHole();
    const committing = commitAct(through, act);
    await pause(200);
    proxy.cut();
    expect(await committing).toMatchObject({ kind: "lost", error: { kind: "ambiguous" } });
    expect((await history()).records).toEqual([]);
    // Decided anew, it is done once.
    const again = await toZero(through, '{"v1":100}');
    expect(await commitAct(through, again)).toMatchObject({ kind: "done" });
    expect(await commitAct(through, act)).toEqual({ kind: "lost" });
  });

  it("stays open while etcd cannot be reached", async () => {
    const act = await behind();
    proxy.holdAnswers(true);
    const committing = commitAct(through, act);
    await eventually(async () => (await history()).records.length === 1, { what: "the write" });
    proxy.refuse(true);
    proxy.cut();
    proxy.holdAnswers(false);
    expect(await committing).toMatchObject({ kind: "failed", error: { kind: "ambiguous" } });
    proxy.refuse(false);
  });
});

describe("an alert", () => {
  it("that a leader has raised and not delivered is delivered by the next one", async () => {
    freshStore();
    const ids: string[] = [];
    let isDown = true;
    const receiver = createServer((request, answer) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        ids.push((JSON.parse(body) as { id: string }).id);
        answer.writeHead(isDown ? 503 : 204).end();
      });
    });
    await new Promise<void>((resolve) => {
      receiver.listen(0, "127.0.0.1", resolve);
    });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const alerts: readonly Alert[] = [
      { severity: "error", webhook: { url, format: "generic", secretEnv: undefined } },
    ];

    const first = replica("first");
    await eventually(() => first.leader.term(), { what: "the first leader" });
    const act = await toZero(first.store, '{"v1":100}');
    const notes = alertsOf(alerts, {
      ...act,
      service: "web",
      title: "v2 is out",
      text: "9 of 24",
    }).map(alertWrite);
    expect(await actAsLeader(first.store, first.leader, { ...act, notes })).toMatchObject({
      kind: "done",
    });
    first.outbox.poke();
    await eventually(() => ids.length > 0, { what: "an attempt of the first leader" });
    const second = replica("second");
    // As a crash does it: nothing is given back.
    await first.outbox.close();
    await first.store.close();
    isDown = false;
    await eventually(() => second.leader.term(), { what: "the second leader", timeoutMs: 8_000 });
    second.outbox.poke();
    await eventually(async () => value(await store.list(outboxPrefix)).entries.size === 0, {
      what: "an empty outbox",
    });
    expect(new Set(ids)).toEqual(new Set([`${act.operation}-0`]));
    await second.outbox.close();
    await Promise.all([first.leader.close(), second.leader.close()]);
    receiver.close();
  });

  function replica(name: string) {
    const own = openStore();
    const observer = {
      elected: () => undefined,
      lost: () => undefined,
      failed: () => undefined,
    };
    const leader = new Leader({ store: own, name, observer, ttlSeconds: 2 });
    const told = {
      delivered: () => undefined,
      failed: () => undefined,
      givenUp: () => undefined,
      dropped: () => undefined,
      broken: () => undefined,
    };
    const outbox = new AlertOutbox({ store: own, leader, observer: told, env: {} });
    return { store: own, leader, outbox };
  }
});
