/** What etcd and networks do to a watch, against a real etcd. The oracle is etcd's own answer. */
import { rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { EtcdEvent } from "../../src/store/etcd.ts";
import { EtcdClient, type WatchStream } from "../../src/store/etcd-client.ts";
import { Reflector } from "../../src/store/etcd-watch.ts";
import { startEtcd } from "../support/etcd.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { type EtcdLab, type EtcdLabOptions, startEtcdLab } from "../support/etcd-lab.ts";
import { convergesWithEtcd } from "../support/etcd-oracle.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";
import { put, value } from "../unit/store/contract.ts";

let lab: EtcdLab;
const start = async (options?: EtcdLabOptions) => {
  lab = await startEtcdLab(options);
};
afterEach(async () => {
  await lab.stop();
});

const numbered =
  (kind: string, text = "x") =>
  (i: number) =>
    [`/serin/${kind}/${i}`, `${text}${i}`] as const;

/** Keys told more than once at the same revision. */
function repeats(sink: RecordingSink): string[] {
  const seen = new Set<string>();
  const all = sink.changes.flatMap((c) => c.puts.map((e) => `${e.key} ${e.modRevision}`));
  return all.filter((told) => seen.size === seen.add(told).size);
}

async function wipe(): Promise<void> {
  await lab.etcd.kill();
  rmSync(lab.etcd.dataDir, { recursive: true, force: true });
  await lab.etcd.restart();
}

describe("a crash of etcd", () => {
  it("loses nothing: kill -9 and restart with the same data, writes around it", async () => {
    await start();
    await lab.http.putMany(200, numbered("before"));
    await lab.etcd.kill();
    await lab.disconnected();
    expect(lab.sink.healths.at(-1)?.message).toContain(lab.proxy.endpoint);
    const restarting = lab.etcd.restart();
    await restarting;
    await lab.http.putMany(200, numbered("after"));
    await lab.connected();
    await lab.converges();
    expect(lab.relists()).toEqual(["start"]);
    expect(repeats(lab.sink)).toEqual([]);
  });

  it("keeps the state while etcd stands still for 15 s, and notices within 6 s", async () => {
    await start();
    await lab.http.putMany(50, numbered("before"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 50);
    const before = lab.sink.changes.length;
    lab.etcd.pause();
    await lab.disconnected(6_500);
    await pause(10_000);
    expect(lab.sink.changes.length).toBe(before);
    const resumed = performance.now();
    lab.etcd.resume();
    await lab.connected(5_000);
    expect(performance.now() - resumed).toBeLessThan(5_000);
    await lab.converges();
    expect(lab.relists()).toEqual(["start"]);
  });
});

describe("a history that went back", () => {
  it("is taken whole, with an alarm, when etcd was wiped and its keys came back", async () => {
    await start();
    await lab.http.putMany(30, numbered("old"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 30);
    lab.isolate();
    await wipe();
    await lab.http.put("/serin/new", "1");
    lab.heal();
    await lab.sink.until("the new state", () => lab.sink.entries.size === 1);
    await lab.converges();
    expect(lab.relists()).toEqual(["start", "behind", "held"]);
    expect(lab.count("rewound")).toBe(1);
    expect(lab.sink.healths.at(-1)?.message).toContain("went back");
  });

  it("holds the last good state while the wiped etcd is empty, then takes what comes", async () => {
    await start();
    await lab.http.putMany(3, numbered("old"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 3);
    await wipe();
    await lab.sink.until("the alarm", () => lab.count("held") > 0);
    expect(lab.sink.entries.size).toBe(3);
    expect(lab.sink.healths.at(-1)).toMatchObject({ connected: false });
    expect(lab.sink.healths.at(-1)?.message).toMatch(/no key is left.*went back.*--allow-empty/);
    await lab.http.put("/serin/new", "1");
    await lab.sink.until("the new state", () => lab.sink.text("new") === "1");
    await lab.connected();
    await lab.converges();
    expect(lab.sink.values()).toEqual({ new: "1", "zz-mark": "mark 1" });
    expect(lab.count("rewound")).toBe(1);
  });

  it("is found by the audit when etcd is already beyond the old revision", async () => {
    await start({ store: { limits: { auditConfirmMs: 200, auditIntervalMs: 500 } } });
    await lab.http.putMany(5, numbered("old"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 5);
    lab.isolate();
    await wipe();
    await lab.http.putMany(50, numbered("new"));
    lab.heal();
    await convergesWithEtcd(lab.http, lab.sink.entries);
    expect(lab.relists()).toContain("divergence");
    await lab.converges();
  });
});

describe("a compaction past the watch", () => {
  it("leads to one list, whose difference carries the deletion", async () => {
    await start();
    await lab.http.putMany(20, numbered("key"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 20);
    lab.isolate();
    await lab.disconnected();
    await lab.http.del("/serin/key/7");
    await lab.http.put("/serin/key/8", "changed");
    await lab.http.compact(await lab.http.put("/serin/key/20", "new"));
    const changes = lab.sink.changes.length;
    lab.heal();
    await lab.sink.until("the difference", () => lab.sink.changes.length > changes);
    const [difference] = lab.sink.changes.slice(changes);
    expect(difference?.deletes).toEqual(["key/7"]);
    expect(difference?.puts.map((e) => e.key).sort()).toEqual(["key/20", "key/8"]);
    await lab.converges();
    expect(lab.relists()).toEqual(["start", "compacted"]);
  });
});

describe("a broken connection", () => {
  it("brings back more than 4 MiB of changes", async () => {
    await start();
    lab.isolate();
    await lab.disconnected();
    await lab.http.putMany(1_500, numbered("big", "b".repeat(6_000)));
    lab.heal();
    await lab.connected();
    await lab.converges(30_000);
    expect(lab.sink.entries.size).toBe(1_501);
    expect(lab.relists()).toEqual(["start"]);
    expect(repeats(lab.sink)).toEqual([]);
  });

  it("loses nothing when it breaks right after the watch is made, three times", async () => {
    await start();
    lab.isolate();
    await lab.disconnected();
    await lab.http.putMany(1_500, numbered("big", "b".repeat(6_000)));
    let cuts = 0;
    lab.sink.onCall = (call) => {
      if (call !== "health" || lab.sink.healths.at(-1)?.connected !== true || cuts === 3) return;
      cuts += 1;
      lab.proxy.cut();
    };
    lab.heal();
    await lab.sink.until("three cuts", () => cuts === 3, 20_000);
    await lab.converges(30_000);
    expect(lab.sink.entries.size).toBe(1_501);
    expect(lab.relists()).toEqual(["start"]);
    expect(repeats(lab.sink)).toEqual([]);
  });

  it("loses nothing when it breaks between the batches of a replay, three times", async () => {
    await start();
    lab.isolate();
    await lab.disconnected();
    await lab.http.putMany(4_000, numbered("many"));
    let cuts = 0;
    let connects = 0;
    lab.sink.onCall = (call) => {
      if (call === "health" && lab.sink.healths.at(-1)?.connected === true) connects += 1;
      if (call !== "change" || cuts === 3 || cuts >= connects) return;
      cuts += 1;
      lab.proxy.cut();
    };
    lab.heal();
    await lab.converges(40_000);
    expect(cuts).toBeGreaterThanOrEqual(1);
    expect(lab.sink.entries.size).toBe(4_001);
    expect(lab.relists()).toEqual(["start"]);
    expect(repeats(lab.sink)).toEqual([]);
  });

  it("is noticed when half open, given up and replaced", async () => {
    await start();
    await lab.http.putMany(10, numbered("before"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 10);
    lab.proxy.blackHole();
    const began = performance.now();
    await lab.http.putMany(100, numbered("during"));
    await lab.disconnected(6_500);
    expect(performance.now() - began).toBeLessThan(6_500);
    expect(lab.sink.healths.at(-1)?.message).toMatch(/no message for \d+ ms/);
    await lab.connected();
    await lab.converges();
    expect(lab.count("rebuild")).toBeGreaterThanOrEqual(1);
    expect(lab.relists()).toEqual(["start"]);
    expect(repeats(lab.sink)).toEqual([]);
  });

  it("moves reads, writes and the watch to another endpoint", async () => {
    const etcd = await startEtcd();
    const [first, second] = await Promise.all([
      startTcpProxy(etcd.endpoint),
      startTcpProxy(etcd.endpoint),
    ]);
    await start({ store: { hosts: [first.endpoint, second.endpoint] } });
    expect(second.connections).toBe(0);
    first.refuse(true);
    first.cut();
    await lab.disconnected();
    await lab.connected();
    expect(second.connections).toBeGreaterThan(0);
    value(await lab.store.get("x"));
    value(await lab.store.transact({ compare: [], writes: [put("x", "1")] }));
    await lab.sink.until("the put", () => lab.sink.text("x") === "1");
    await lab.store.close();
    await Promise.all([first.close(), second.close()]);
    await etcd.stop();
  });
});

describe("a transaction", () => {
  it("of several keys arrives as one change, also in a replay that comes in fragments", async () => {
    await start();
    lab.isolate();
    await lab.disconnected();
    // 12 MB in ten revisions: etcd cuts the replay into fragments of 1.5 MB, across revisions.
    const big = "b".repeat(20_000);
    const revisions: bigint[] = [];
    for (let n = 0; n < 10; n++) {
      const writes = Array.from(
        { length: 60 },
        (_, i) => [`/serin/txn/${i}`, `${n}${big}`] as const,
      );
      revisions.push(await lab.http.txn(writes));
    }
    lab.heal();
    await lab.converges();
    const told = lab.sink.changes.map((change) => [change.revision, change.puts.length]);
    expect(told.slice(0, 10)).toEqual(revisions.map((revision) => [revision, 60]));
  });

  it("whose answer is lost is ambiguous, and was made exactly once", async () => {
    await start();
    value(await lab.store.transact({ compare: [], writes: [put("w", "1")] }));
    lab.proxy.holdAnswers(true);
    const pending = lab.store.transact({ compare: [], writes: [put("w", "2")] });
    const version = async () => (await lab.http.range("/serin/w"))[0]?.version;
    await eventually(async () => (await version()) === 2, { what: "the commit" });
    lab.proxy.holdAnswers(false);
    lab.proxy.cut();
    expect(await pending).toMatchObject({ ok: false, error: { kind: "ambiguous" } });
    expect(value(await lab.store.get("w"))?.value).toEqual(new Uint8Array(Buffer.from("2")));
    expect(await version()).toBe(2);
    await lab.converges();
  });

  it("is known not to have happened when etcd cannot be reached", async () => {
    await start();
    lab.isolate();
    await lab.disconnected();
    const write = () => lab.store.transact({ compare: [], writes: [put("w", "1")] });
    // The first may still have met the old connection's end.
    await write();
    expect(await write()).toMatchObject({ ok: false, error: { kind: "unavailable" } });
  });

  it("that is too large fails alone", async () => {
    await start({ store: { limits: { valueBytes: 8 * 1024 * 1024 } } });
    const healths = lab.sink.healths.length;
    const huge = put("huge", "h".repeat(2 * 1024 * 1024));
    const result = await lab.store.transact({ compare: [], writes: [huge] });
    expect(result).toMatchObject({ ok: false, error: { kind: "refused" } });
    const began = performance.now();
    expect(value(await lab.store.get("huge"))).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(1_000);
    await lab.converges();
    expect(lab.sink.healths.length).toBe(healths);
  });
});

describe("the mass-delete guard", () => {
  it("holds when one revision deletes every key, until keys appear", async () => {
    await start();
    await lab.http.putMany(12, numbered("key"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 12);
    await lab.http.del("/serin/", { prefix: true });
    await lab.sink.until("the alarm", () => lab.count("held") > 0);
    expect(lab.sink.entries.size).toBe(12);
    lab.proxy.cut();
    await lab.sink.until("a second look", () => lab.count("held") > 1);
    expect(lab.sink.entries.size).toBe(12);
    await lab.http.put("/serin/new", "1");
    await lab.sink.until("the new state", () => lab.sink.entries.size === 1);
    await lab.connected();
    await lab.converges();
  });

  it("is not deceived by the keys that serin writes by itself", async () => {
    await start({ store: { limits: { heldQuietMs: 300 } } });
    await lab.http.putMany(12, numbered("services"));
    await lab.http.put("/serin/status/controller", "one");
    await lab.sink.until("the keys", () => lab.sink.entries.size === 13);
    await lab.http.del("/serin/", { prefix: true });
    await lab.sink.until("the alarm", () => lab.count("held") > 0);
    await lab.http.put("/serin/status/controller", "two");
    await lab.http.put("/serin/history/web/1", "{}");
    await pause(1_000);
    lab.proxy.cut();
    await eventually(() => lab.count("held") > 1, { what: "a second look" });
    expect(lab.sink.entries.size).toBe(13);
    await lab.http.put("/serin/services/0", "1");
    await lab.sink.until("the new state", () => lab.sink.entries.size === 3);
    await lab.converges();
  });

  it("holds when one revision deletes every endpoint, until they are back", async () => {
    const store = { limits: { heldQuietMs: 300 } };
    await start({ store });
    const instance = numbered("endpoints/web");
    await lab.http.putMany(12, instance);
    await lab.http.put("/serin/weights/web", "1");
    await lab.sink.until("the keys", () => lab.sink.entries.size === 13);
    await lab.http.del("/serin/endpoints/", { prefix: true });
    await lab.sink.until("the alarm", () => lab.count("held") > 0);
    expect(lab.sink.healths.at(-1)).toMatchObject({ connected: false });
    expect(lab.sink.healths.at(-1)?.message).toMatch(
      /no key is left under \/serin\/endpoints\/ where there were 12; .*--allow-empty.*other keys/,
    );
    // Another key is held back too, however quiet it is afterwards, and a new list changes nothing.
    await lab.http.put("/serin/weights/web", "2");
    await eventually(() => lab.count("held") > 1, { what: "a second look" });
    // Cut again where the watch was not open yet after that list: then nothing is lost, and nothing new.
    const cutAndLook = (): boolean => {
      if (lab.count("held") > 2) return true;
      lab.proxy.cut();
      return false;
    };
    await eventually(cutAndLook, { what: "a third look", intervalMs: 1_000 });
    expect(lab.sink.entries.size).toBe(13);
    expect(lab.sink.text("weights/web")).toBe("1");
    // More keys than before, and still too few endpoints.
    await lab.http.putMany(20, numbered("services"));
    await lab.http.putMany(11, instance);
    await lab.sink.until("the new state", () => lab.sink.text("weights/web") === "2");
    expect(lab.sink.changes.at(-1)?.deletes).toEqual(["endpoints/web/11"]);
    await lab.connected();
    await lab.converges();
  });

  it("holds when a list after a loss of contact has no endpoint any more", async () => {
    await start();
    await lab.http.putMany(12, numbered("endpoints/web"));
    await lab.http.put("/serin/weights/web", "1");
    await lab.sink.until("the keys", () => lab.sink.entries.size === 13);
    lab.isolate();
    await lab.disconnected();
    await lab.http.del("/serin/endpoints/", { prefix: true });
    await lab.http.compact(await lab.http.put("/serin/weights/web", "2"));
    lab.heal();
    await lab.sink.until("the alarm", () => lab.count("held") > 0);
    expect(lab.sink.entries.size).toBe(13);
    await lab.http.putMany(12, numbered("endpoints/web"));
    await lab.connected();
    await lab.converges();
  });

  it("lets every endpoint go with allowEmpty", async () => {
    await start({ store: { allowEmpty: true } });
    await lab.http.putMany(12, numbered("endpoints/web"));
    await lab.http.put("/serin/weights/web", "1");
    await lab.sink.until("the keys", () => lab.sink.entries.size === 13);
    await lab.http.del("/serin/endpoints/", { prefix: true });
    await lab.sink.until("the deletion", () => lab.sink.entries.size === 1);
    expect(lab.count("held")).toBe(0);
  });

  it("lets keys go one by one, and everything with allowEmpty", async () => {
    await start({ store: { allowEmpty: true } });
    await lab.http.putMany(12, numbered("key"));
    await lab.sink.until("the keys", () => lab.sink.entries.size === 12);
    await lab.http.del("/serin/", { prefix: true });
    await lab.sink.until("the deletion", () => lab.sink.entries.size === 0);
    expect(lab.count("held")).toBe(0);
  });
});

describe("the audit", () => {
  it("repairs a change that was lost on the way, and counts it", async () => {
    await start();
    const limits = { auditConfirmMs: 200, auditIntervalMs: 400 };
    const events: EtcdEvent[] = [];
    const options = {
      hosts: [lab.proxy.endpoint],
      limits,
      onEvent: (e: EtcdEvent) => events.push(e),
    };
    const client = EtcdClient.create(options);
    if (!client.ok) throw new Error(client.error);
    loseMessagesWith(client.value, "lost");
    const sink = new RecordingSink();
    const reflector = new Reflector(client.value, options, "/serin/", sink);
    await sink.until("contact", () => sink.healths.length > 0);
    await lab.http.put("/serin/lost", "1");
    await lab.http.put("/serin/kept", "1");
    await sink.until("the repair", () => sink.text("lost") === "1");
    expect(events).toContainEqual({ kind: "divergence", keys: 1 });
    await convergesWithEtcd(etcdHttp(lab.etcd.endpoint), sink.entries);
    await reflector.close();
  });
});

/** Every watch message with an event of `key` is dropped before the store sees it. */
function loseMessagesWith(client: EtcdClient, key: string): void {
  const open = client.openWatch.bind(client);
  client.openWatch = async () => {
    const opened = await open();
    if (!opened.ok) return opened;
    const stream: WatchStream = opened.value;
    const on = stream.on.bind(stream) as (event: string, fn: (message: unknown) => void) => unknown;
    const lossy = (event: string, fn: (message: unknown) => void) => {
      on(event, (message) => {
        const { events = [] } = (message ?? {}) as { events?: { kv: { key: Buffer } }[] };
        if (events.some((e) => e.kv.key.toString().endsWith(key))) return;
        fn(message);
      });
      return stream;
    };
    Object.assign(stream, { on: lossy });
    return opened;
  };
}
