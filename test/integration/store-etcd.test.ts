import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EtcdEvent, openEtcdStore } from "../../src/store/etcd.ts";
import type { Store } from "../../src/store/store.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { type EtcdHttp, etcdHttp } from "../support/etcd-http.ts";
import { convergesWithEtcd } from "../support/etcd-oracle.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { bytes, put, remove, storeContract, value } from "../unit/store/contract.ts";

let etcd: Etcd;
let http: EtcdHttp;

beforeAll(async () => {
  etcd = await startEtcd();
  http = etcdHttp(etcd.endpoint);
});
afterAll(async () => {
  await etcd.stop();
});

function open(options: Partial<Parameters<typeof openEtcdStore>[0]> = {}): Store {
  const opened = openEtcdStore({ hosts: [etcd.endpoint], ...options });
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

describe("etcd store", () => {
  let number = 0;
  storeContract(
    async () => {
      number += 1;
      const store = open({ prefix: `/contract-${number}/` });
      return { store, dispose: () => store.close() };
    },
    { runs: 15 },
  );
});

describe("etcd store's keys", () => {
  it("lie under the prefix, and no other prefix is touched", async () => {
    await http.put("/serinade/x", "other");
    const store = open({ prefix: "/serin" });
    value(await store.transact({ compare: [], writes: [put("weights/web", "1")] }));
    expect((await http.range("/serin/")).map((kv) => kv.key)).toEqual(["/serin/weights/web"]);
    expect([...value(await store.list("")).entries.keys()]).toEqual(["weights/web"]);
    value(await store.transact({ compare: [], writes: [remove("weights/web")] }));
    await store.close();
  });
});

describe("etcd store's lists", () => {
  it("come in pages of one revision, while keys are written underneath", async () => {
    await http.putMany(250, (i) => [`/serin/paged/${String(i).padStart(4, "0")}`, `${i}`]);
    const events: EtcdEvent[] = [];
    const store = open({ limits: { listPageKeys: 20 }, onEvent: (event) => events.push(event) });
    const writing = http.putMany(200, (i) => [`/serin/paged/x${i}`, "late"]);
    const { revision, entries } = value(await store.list("paged/"));
    for (const entry of entries.values()) expect(entry.modRevision <= revision).toBe(true);
    expect([...entries.keys()].filter((key) => !key.includes("x"))).toHaveLength(250);
    await writing;
    const sink = new RecordingSink();
    store.watch(sink);
    await sink.until("start", () => sink.started !== undefined);
    expect(events).toContainEqual({ kind: "list", keys: 450, pages: 23 });
    await convergesWithEtcd(http, sink.entries);
    await store.close();
    await http.del("/serin/paged/", { prefix: true });
  });

  it("are whole or fail, however fast etcd is compacted", async () => {
    await http.putMany(60, (i) => [`/serin/paged/${i}`, "1"]);
    const store = open({ limits: { listPageKeys: 5 } });
    let going = true;
    const compacting = (async () => {
      while (going) await http.compact(await http.put("/elsewhere", "x"));
    })();
    const lists = await Promise.all(Array.from({ length: 10 }, () => store.list("paged/")));
    going = false;
    await compacting;
    for (const listed of lists) {
      // Every list is whole, or says that it could not be.
      if (listed.ok) expect(listed.value.entries.size).toBe(60);
      else expect(listed.error.message).toContain("compacted faster");
    }
    expect(value(await store.list("paged/")).entries.size).toBe(60);
    await store.close();
    await http.del("/serin/paged/", { prefix: true });
  });
});

describe("etcd store's leases", () => {
  it("expire in etcd when nothing confirms them", async () => {
    const store = open();
    const sink = new RecordingSink();
    store.watch(sink);
    await sink.until("start", () => sink.started !== undefined);
    const lease = value(await store.lease(1));
    const write = { kind: "put", key: "endpoints/web/1", value: bytes("1"), lease } as const;
    value(await store.transact({ compare: [], writes: [write] }));
    await sink.until("the put", () => sink.entries.size === 1);
    await sink.until("the expiry", () => sink.entries.size === 0, 10_000);
    expect(await lease.keepAlive()).toMatchObject({ ok: false, error: { kind: "refused" } });
    await store.close();
  });
});

describe("etcd store at its end", () => {
  it("answers nothing more, and its watches are silent", async () => {
    const store = open();
    const sink = new RecordingSink();
    store.watch(sink);
    await sink.until("start", () => sink.started !== undefined);
    await store.close();
    sink.closed = true;
    await http.put("/serin/after", "1");
    expect((await store.get("after")).ok).toBe(false);
    expect(sink.breaches).toEqual([]);
    await http.del("/serin/after");
  });

  it("can be closed before its first list", async () => {
    const store = open({ hosts: ["127.0.0.1:1"] });
    const sink = new RecordingSink();
    const watch = store.watch(sink);
    await sink.until("the complaint", () => sink.healths.length > 0);
    expect(sink.healths[0]).toMatchObject({ connected: false });
    expect(sink.healths[0]?.message).toContain("127.0.0.1:1");
    await watch.close();
    await store.close();
  });
});
