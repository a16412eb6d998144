/** Replicas over one store: what each of them knows of the requests that all proxies report. */
import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import { LoadSignals } from "../../../src/app/load-signals.ts";
import { limits } from "../../../src/config/limits.ts";
import type { ClusterTotals } from "../../../src/observe/load/tally.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Watch } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { cluster } from "../observe/load/counts.ts";

const { beatMs, freshMs, leaseTtlSeconds, lookbackMs, publishMs } = limits.load;
const web = new Set(["web"]);

let clock: FakeClock;
let store: MemoryStore;
let open: Replica[];

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((replica) => replica.stop()));
  await store.close();
});

/** One process: its proxies say what the test says. */
class Replica {
  readonly signals: LoadSignals;
  readonly told: string[] = [];
  clusters: readonly ClusterTotals[] = [];
  reporters = 1;
  /** When the oldest of their newest reports came. */
  reportedMs: number;
  readonly #watch: Watch;

  constructor(name: string, of: Pick<MemoryStore, "lease" | "transact"> = store) {
    this.reportedMs = clock.monotonicMs();
    const taps = new EntryTaps();
    this.signals = new LoadSignals({
      store: of,
      taps,
      clock,
      replica: name,
      totals: () => {
        const oldestAtMs = this.reporters === 0 ? undefined : this.reportedMs;
        return { clusters: this.clusters, reporters: this.reporters, oldestAtMs };
      },
      random: () => 0,
      observer: {
        sharing: (trouble) => this.told.push(`sharing: ${trouble}`),
        reading: (replica, trouble) => this.told.push(`reading ${replica}: ${trouble}`),
        leftOut: (services) => this.told.push(`left out: ${services.length}`),
      },
    });
    this.#watch = store.watch({
      start: (state) => taps.start(state),
      change: (change) => taps.change(change),
      health: () => undefined,
    });
    open.push(this);
  }

  report(...counts: Parameters<typeof cluster>): void {
    this.clusters = [cluster(...counts)];
    this.reportedMs = clock.monotonicMs();
  }

  counts(back: number = lookbackMs) {
    const { ok, errors } = this.signals.signal("web", "v1", back).counts;
    return [ok, errors];
  }

  async stop(): Promise<void> {
    open = open.filter((other) => other !== this);
    await this.signals.close();
    await this.#watch.close();
  }
}

async function pass(ms: number = publishMs): Promise<void> {
  const end = clock.monotonicMs() + ms;
  while (clock.monotonicMs() < end) {
    clock.advance(Math.min(250, end - clock.monotonicMs()));
    await nextRound();
  }
}

async function keys(): Promise<readonly string[]> {
  const listed = await store.list("");
  if (!listed.ok) throw new Error(listed.error.message);
  return [...listed.value.entries.keys()];
}

const put = (key: string, text: string) =>
  store.transact({ compare: [], writes: [{ kind: "put", key, value: Buffer.from(text) }] });

describe("replicas", () => {
  it("know what the proxies of all of them have reported", async () => {
    const [a, b] = [new Replica("a-1"), new Replica("b-1")];
    for (const replica of [a, b]) replica.signals.judge(web);
    await pass(1_000);
    a.report("web/v1", 10, 1, 2);
    b.report("web/v1", 20, 3, 4);
    await pass();
    for (const replica of [a, b]) {
      expect(replica.signals.signal("web", "v1", lookbackMs)).toMatchObject({
        counts: { ok: 30, errors: 4 },
        inProgress: 6,
        reporters: 2,
      });
    }
    expect(await keys()).toEqual(["status/load/a-1", "status/load/b-1"]);
    expect([...a.told, ...b.told]).toEqual([]);
  });

  it("have the look-back of the others though they never decided, and counts of one that died", async () => {
    const [a, b] = [new Replica("a-1"), new Replica("b-1")];
    for (const replica of [a, b]) replica.signals.judge(web);
    b.report("web/v1", 100);
    for (const ok of [10, 20, 30]) {
      a.report("web/v1", ok);
      await pass();
    }
    await a.stop();
    await pass(1_000);
    expect(await keys()).toEqual(["status/load/b-1"]);
    expect(b.counts()).toEqual([130, 0]);
    expect(b.signals.signal("web", "v1", lookbackMs).reporters).toBe(1);
    const again = new Replica("a-2");
    again.signals.judge(web);
    again.report("web/v1", 5, 5);
    await pass();
    expect(b.counts()).toEqual([135, 5]);
    // What was before it is not known to it.
    expect(again.counts()).toEqual([5, 5]);
  });

  it("write nothing while nothing is judged, and take their key away when that is over", async () => {
    const a = new Replica("a-1");
    a.report("web/v1", 10);
    a.signals.judge(new Set());
    await pass(10_000);
    expect(await keys()).toEqual([]);
    expect(clock.pending).toBe(0);
    a.signals.judge(web);
    a.report("web/v1", 12);
    await pass();
    expect(await keys()).toEqual(["status/load/a-1"]);
    expect(a.counts()).toEqual([2, 0]);
    a.signals.judge(new Set());
    await pass();
    expect(await keys()).toEqual([]);
  });

  it("write only when there is news, and how old it is can be told all the same", async () => {
    const [a, b] = [new Replica("a-1"), new Replica("b-1")];
    b.reporters = 0;
    for (const replica of [a, b]) replica.signals.judge(web);
    a.report("web/v1", 10);
    await pass();
    const revision = async () => {
      const listed = await store.list("");
      return listed.ok ? listed.value.revision : 0n;
    };
    const first = await revision();
    const reportedMs = a.reportedMs;
    await pass(60_000);
    // That its reports are fresh no longer.
    const before = first + 1n;
    expect(await revision()).toBe(before);
    for (const { signals } of [a, b]) {
      const { ageMs } = signals.signal("web", "v1", lookbackMs);
      expect(ageMs).toBeCloseTo(clock.monotonicMs() - reportedMs, 0);
    }
    // A report without requests is news too.
    a.reportedMs = clock.monotonicMs();
    await pass();
    expect(await revision()).toBe(before + 1n);
    expect(b.signals.signal("web", "v1", lookbackMs).ageMs).toBe(publishMs);
    a.reporters = 2;
    await pass();
    expect(await revision()).toBe(before + 2n);
    expect(b.signals.signal("web", "v1", lookbackMs).reporters).toBe(2);
    a.reporters = 0;
    await pass();
    expect(await revision()).toBe(before + 3n);
    expect(b.signals.signal("web", "v1", lookbackMs).ageMs).toBeUndefined();
  });

  it("write little while nothing comes, and every time while there is traffic", async () => {
    const a = new Replica("a-1");
    const written: number[] = [];
    const watch = store.watch({
      start: () => undefined,
      change: ({ puts }) => written.push(...puts.map(({ value }) => value.byteLength)),
      health: () => undefined,
    });
    a.signals.judge(web);
    const hour = async (requests: number) => {
      written.length = 0;
      for (let report = 1; report <= 3_600_000 / publishMs; report++) {
        a.clusters = [cluster("web/v1", report * requests), cluster("web/v2", 0)];
        a.reportedMs = clock.monotonicMs();
        await pass();
      }
      return [written.length, written.reduce((sum, bytes) => sum + bytes, 0)] as const;
    };
    const [idle, idleBytes] = await hour(0);
    expect(idle).toBeLessThanOrEqual(3_600_000 / beatMs + 1);
    expect(idle).toBeGreaterThanOrEqual(3_600_000 / (beatMs + publishMs));
    const [busy, busyBytes] = await hour(40);
    expect(busy).toBe(3_600_000 / publishMs);
    // What docs/load.md says of it.
    expect(idleBytes / idle).toBeLessThan(250);
    expect(busyBytes / busy).toBeLessThan(250);
    await watch.close();
  });

  it("tell that reports go on to come, and when they do no longer", async () => {
    const [a, b] = [new Replica("a-1"), new Replica("b-1")];
    b.reporters = 0;
    for (const replica of [a, b]) replica.signals.judge(web);
    const age = () => b.signals.signal("web", "v1", lookbackMs).ageMs ?? Number.POSITIVE_INFINITY;
    a.report("web/v1", 10);
    await pass();
    for (let passedMs = 0; passedMs < 60_000; passedMs += 250) {
      if (passedMs % 2_000 === 0) a.reportedMs = clock.monotonicMs();
      await pass(250);
      expect(age()).toBeLessThanOrEqual(freshMs);
      expect(b.signals.signal("web", "v1", 3_000).reporters).toBe(1);
    }
    const { reportedMs } = a;
    await pass(freshMs + publishMs);
    for (let passedMs = 0; passedMs < 60_000; passedMs += 1_000) {
      expect(age()).toBeGreaterThanOrEqual(clock.monotonicMs() - reportedMs - publishMs);
      await pass(1_000);
    }
  });

  it("do not smear over a quiet time what came after it", async () => {
    const [a, b] = [new Replica("a-1"), new Replica("b-1")];
    for (const replica of [a, b]) replica.signals.judge(web);
    a.report("web/v1", 10);
    await pass();
    const quiet = beatMs - 2 * publishMs;
    for (let passedMs = 0; passedMs < quiet; passedMs += publishMs) {
      a.reportedMs = clock.monotonicMs();
      await pass();
    }
    a.report("web/v1", 10, 20);
    await pass();
    for (const replica of [a, b]) expect(replica.counts(publishMs + 1_000)).toEqual([0, 20]);
  });

  it("go on by themselves where the store refuses leases, and say so once", async () => {
    const message = "no leases here";
    const a = new Replica("a-1", {
      lease: async () => ({ ok: false, error: { kind: "refused", message } }),
      transact: (transaction) => store.transact(transaction),
    });
    a.signals.judge(web);
    for (const ok of [1, 2, 3]) {
      a.report("web/v1", ok);
      await pass();
    }
    expect(a.counts()).toEqual([3, 0]);
    expect(a.told).toEqual([`sharing: ${message}`]);
  });

  it("take no harm from what is no value of a replica, and say so once", async () => {
    const a = new Replica("a-1");
    a.signals.judge(web);
    await put("status/load/x", "{");
    await put("status/load/x", "{");
    await put("status/load/y", "[]");
    a.report("web/v1", 1);
    await pass();
    expect(a.counts()).toEqual([1, 0]);
    const x = new Replica("x");
    x.signals.judge(web);
    x.report("web/v1", 2);
    await pass();
    expect(a.counts()).toEqual([3, 0]);
    expect(a.told).toEqual([
      "reading x: the value is no JSON",
      "reading y: the value is no object",
      "reading x: undefined",
    ]);
  });

  it("do not depend on what becomes of their own key", async () => {
    const a = new Replica("a-1");
    a.signals.judge(web);
    await pass();
    await put("status/load/a-1", "{");
    await store.transact({ compare: [], writes: [{ kind: "delete", key: "status/load/a-1" }] });
    expect(a.signals.signal("web", "v1", lookbackMs).reporters).toBe(1);
    expect(a.told).toEqual([]);
  });

  it("say which services have no room", async () => {
    const a = new Replica("a-1");
    const most = limits.load.services;
    const services = Array.from({ length: most + 3 }, (_, i) => `s${i}`);
    a.signals.judge(new Set(services));
    await pass();
    expect(a.told).toEqual(["left out: 3"]);
    a.signals.judge(new Set(services.slice(0, 5)));
    a.reportedMs = clock.monotonicMs();
    await pass();
    expect(a.told).toEqual(["left out: 3", "left out: 0"]);
  });

  it("forget the proxies of one that died without a word when its lease ends", async () => {
    const b = new Replica("b-1");
    b.signals.judge(web);
    const lease = await store.lease(leaseTtlSeconds);
    if (!lease.ok) throw new Error(lease.error.message);
    const dead = { start: "dead", seq: 1, reporters: 4, ageMs: 0, services: {} };
    const value = Buffer.from(JSON.stringify(dead));
    const write = { kind: "put", key: "status/load/dead", value, lease: lease.value } as const;
    await store.transact({ compare: [], writes: [write] });
    const reporters = () => b.signals.signal("web", "v1", lookbackMs).reporters;
    expect(reporters()).toBe(5);
    await pass(leaseTtlSeconds * 1_000);
    expect(reporters()).toBe(1);
  });
});
