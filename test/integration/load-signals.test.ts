/** Replicas tell each other what their proxies report, over a real etcd that fails. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../src/app/entry-taps.ts";
import { LoadSignals } from "../../src/app/load-signals.ts";
import { limits } from "../../src/config/limits.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type EtcdStore, openEtcdStore } from "../../src/store/etcd.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";
import { cluster } from "../unit/observe/load/counts.ts";

const { lookbackMs, leaseTtlSeconds, publishMs } = limits.load;

let etcd: Etcd;
let open: Replica[];

beforeEach(async () => {
  etcd = await startEtcd();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((replica) => replica.stop()));
  await etcd.stop();
});

/** One process, with a network of its own; its one proxy says what the test says. */
class Replica {
  readonly signals: LoadSignals;
  readonly proxy: TcpProxy;
  readonly told: string[] = [];
  readonly #store: EtcdStore;
  #clusters = [cluster("web/v1", 0)];

  static async start(name: string): Promise<Replica> {
    const proxy = await startTcpProxy(etcd.endpoint);
    const opened = openEtcdStore({ hosts: [proxy.endpoint] });
    if (!opened.ok) throw new Error(opened.error);
    const replica = new Replica(name, proxy, opened.value);
    open.push(replica);
    replica.signals.judge(new Set(["web"]));
    return replica;
  }

  private constructor(name: string, proxy: TcpProxy, store: EtcdStore) {
    this.proxy = proxy;
    this.#store = store;
    const taps = new EntryTaps();
    this.signals = new LoadSignals({
      store,
      taps,
      clock: systemClock,
      replica: name,
      totals: () => {
        const oldestAtMs = systemClock.monotonicMs();
        return { clusters: this.#clusters, reporters: 1, oldestAtMs };
      },
      observer: {
        sharing: (trouble) => this.told.push(trouble === undefined ? "sharing" : "not sharing"),
        reading: (replica, trouble) => this.told.push(`reading ${replica}: ${trouble}`),
        leftOut: (services) => this.told.push(`left out: ${services.join()}`),
      },
    });
    store.watch({
      start: (state) => taps.start(state),
      change: (change) => taps.change(change),
      health: () => undefined,
    });
  }

  report(ok: number, errors: number): void {
    this.#clusters = [cluster("web/v1", ok, errors)];
  }

  /** Resolves when it knows of so many requests, over all replicas. */
  async knows(ok: number, errors: number, timeoutMs = 15_000): Promise<void> {
    const what = `${ok} ok and ${errors} errors`;
    await eventually(
      () => {
        const { counts } = this.signals.signal("web", "v1", lookbackMs);
        if (counts.ok !== ok || counts.errors !== errors) throw new Error(JSON.stringify(counts));
        return true;
      },
      { what, timeoutMs },
    );
  }

  async reporters(count: number, timeoutMs: number): Promise<void> {
    const number = () => this.signals.signal("web", "v1", lookbackMs).reporters;
    await eventually(() => number() === count, { what: `${count} reporters`, timeoutMs });
  }

  async stop(): Promise<void> {
    open = open.filter((other) => other !== this);
    await this.signals.close();
    await this.#store.close();
    await this.proxy.close();
  }
}

describe("replicas over etcd", () => {
  it("lose and double no request when etcd is killed and comes back", async () => {
    const [a, b] = [await Replica.start("a-1"), await Replica.start("b-1")];
    await a.reporters(2, 10_000);
    await b.reporters(2, 10_000);
    a.report(10, 1);
    b.report(20, 3);
    for (const replica of [a, b]) await replica.knows(30, 4);
    expect((await etcd.get("/serin/status/load/a-1"))?.lease).not.toBe(0);

    await etcd.kill();
    a.report(15, 2);
    b.report(21, 3);
    // What its own proxies report needs no etcd.
    await a.knows(35, 5);
    await b.knows(31, 4);
    await eventually(() => a.told.length > 0, { what: "the complaint", timeoutMs: 15_000 });
    await etcd.restart();
    for (const replica of [a, b]) await replica.knows(36, 5, 30_000);
    await eventually(() => a.told.length > 1, { what: "the all-clear", timeoutMs: 15_000 });
    expect(a.told).toEqual(["not sharing", "sharing"]);
    await a.reporters(2, 15_000);
  });

  it("do not count on the proxies of one that is cut off, and have its counts when it is back", async () => {
    const [a, b] = [await Replica.start("a-1"), await Replica.start("b-1")];
    a.report(10, 1);
    await b.knows(10, 1);
    a.proxy.refuse(true);
    a.proxy.cut();
    a.report(17, 5);
    await b.reporters(1, leaseTtlSeconds * 1_000 + 10_000);
    await b.knows(10, 1);
    expect(await etcd.get("/serin/status/load/a-1")).toBeUndefined();
    a.proxy.refuse(false);
    for (const replica of [a, b]) await replica.knows(17, 5, 30_000);
    await b.reporters(2, publishMs + 5_000);
  });

  it("take their key away when they stop, and begin anew when they start again", async () => {
    const [a, b] = [await Replica.start("a-1"), await Replica.start("b-1")];
    a.report(10, 1);
    await b.knows(10, 1);
    await a.stop();
    await b.reporters(1, 5_000);
    expect(await etcd.get("/serin/status/load/a-1")).toBeUndefined();
    const again = await Replica.start("a-2");
    again.report(4, 4);
    await b.knows(14, 5);
    await again.knows(4, 4);
  });
});
