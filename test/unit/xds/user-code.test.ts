/** What a user of the library wrote fails: his part of it does, and proxies get what they are to have. */
import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import {
  createSnapshot,
  resource,
  type Snapshot,
  SnapshotCache,
  type SnapshotCacheOptions,
  typeUrls,
  XdsServer,
  type XdsServerOptions,
} from "../../../src/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { connectProxy, type FakeProxy } from "../../support/fake-proxy.ts";

const { cluster: CDS, runtime: RTDS } = typeUrls;
const cluster = (name: string, seconds = 1) =>
  resource.cluster({ name, type: "STATIC", connect_timeout: { seconds } });
const boom = new Error("boom");
const fail = (): never => {
  throw boom;
};

let servers: XdsServer[] = [];

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

function start(options: SnapshotCacheOptions = {}, serverOptions: XdsServerOptions = {}) {
  const failures: (readonly [unknown, string])[] = [];
  const ended: unknown[] = [];
  const clock = new FakeClock();
  const cache = new SnapshotCache({ clock, ...options });
  const server = new XdsServer(cache, {
    clock,
    callbacks: { streamClosed: ({ bug }) => ended.push(bug) },
    onCallbackFailed: (...failure) => failures.push(failure),
    ...serverOptions,
  });
  servers.push(server);
  const connect = (id: string): FakeProxy => {
    const proxy = connectProxy(server.hub, { id, cluster: id });
    proxy.subscribe(CDS);
    return proxy;
  };
  const count = (proxy: FakeProxy): number => proxy.received(CDS).length;
  return { cache, server, clock, connect, count, failures, ended };
}

describe("groupOf", () => {
  it("is not asked where a group comes that nobody waits for", async () => {
    let isBroken = false;
    const lab = start({ groupOf: ({ node }) => (isBroken ? fail() : node.id) });
    lab.cache.setSnapshot("a", createSnapshot([cluster("a")]));
    await nextRound();
    lab.connect("a");
    isBroken = true;
    lab.cache.setSnapshot("b", createSnapshot([cluster("b")]));
    await nextRound();
    expect([lab.server.streams().length, lab.ended]).toEqual([1, []]);
  });

  it("ends the stream that it throws for, and no other", async () => {
    let broken = "";
    const lab = start({ groupOf: ({ node }) => (node.id === broken ? fail() : "later") });
    const [one, two] = [lab.connect("one"), lab.connect("two")];
    broken = "one";
    lab.cache.setSnapshot("later", createSnapshot([cluster("a")]));
    await nextRound();
    expect([lab.count(one), lab.count(two), lab.ended]).toEqual([0, 1, [boom]]);
    broken = "two";
    lab.server.reselect();
    expect([lab.server.streams(), lab.ended]).toEqual([[], [boom, boom]]);
  });
});

describe("a cache whose callbacks throw", () => {
  it("onChanged: proxies get what is changed, and what is retiring goes", async () => {
    const lab = start({ onChanged: fail });
    lab.cache.setSnapshot("n", createSnapshot([cluster("a"), cluster("b")]));
    const proxy = lab.connect("n");
    proxy.ack(CDS);
    expect(lab.cache.setResource("n", cluster("a", 2))).toHaveLength(1);
    await nextRound();
    proxy.ack(CDS);
    expect(lab.count(proxy)).toBe(2);
    lab.cache.deleteResource("n", { typeUrl: CDS, name: "b" });
    await nextRound();
    const { sweepIntervalMs, retireGraceMs } = limits.xds;
    lab.clock.advance(2 * sweepIntervalMs + retireGraceMs);
    await nextRound();
    expect([lab.count(proxy), lab.cache.snapshot("n")?.retiringCount]).toEqual([3, 0]);
    expect(lab.failures).toEqual(Array(4).fill([boom, "onChanged"]));
  });

  it("onMoved: the proxies pass all the same, and keep what they need for a while", async () => {
    const lab = start({
      onMoved: fail,
      groupOf: ({ layers }) => (layers.size > 0 ? "to" : "from"),
    });
    lab.cache.setSnapshot("from", createSnapshot([cluster("old")]));
    lab.cache.setSnapshot("to", createSnapshot([cluster("new")]));
    const proxy = lab.connect("n");
    proxy.subscribe(RTDS, ["layer"]);
    expect(lab.server.streams()[0]?.group).toBe("to");
    expect(lab.cache.snapshot("to")).toMatchObject({ retiringCount: 1 });
    expect(lab.failures).toEqual([[boom, "onMoved"]]);
  });

  it("onForgotten, and an onMissing whose promise is rejected: the proxies are served", async () => {
    const lab = start({
      onForgotten: fail,
      onMissing: async (group) => {
        lab.cache.setSnapshot(group, createSnapshot([cluster(group)]));
        fail();
      },
      limits: { idleGroups: 1 },
    });
    const counts = ["a", "b"].map((id) => {
      const proxy = lab.connect(id);
      proxy.close();
      return lab.count(proxy);
    });
    await nextRound();
    expect(counts).toEqual([1, 1]);
    expect(lab.failures.map(([, name]) => name).sort()).toEqual([
      ...["onForgotten", "onMissing", "onMissing"],
    ]);
  });
});

describe("a write that fails", () => {
  it("leaves no group, and the next one is what a proxy that waits gets", async () => {
    const lab = start();
    const proxy = lab.connect("n");
    const bundle = { owner: "a", resources: [undefined] };
    const broken = { bundles: new Map([["a", bundle]]) } as unknown as Snapshot;
    expect(() => lab.cache.setSnapshot("n", broken)).toThrow(TypeError);
    expect(lab.cache.groups()).toEqual([]);
    await nextRound();
    expect(lab.count(proxy)).toBe(0);
    lab.cache.setSnapshot("n", createSnapshot([cluster("a")]));
    await nextRound();
    expect(lab.count(proxy)).toBe(1);
  });
});

describe("callbacks of the server", () => {
  it("may be async, and onCallbackFailed may throw: the stream goes on", async () => {
    const told: string[] = [];
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const onCallbackFailed = (_error: unknown, name: string): never => {
      told.push(name);
      return fail();
    };
    const acked = async () => fail();
    const lab = start({}, { callbacks: { streamOpened: fail, acked }, onCallbackFailed });
    lab.cache.setSnapshot("n", createSnapshot([cluster("a")]));
    const proxy = lab.connect("n");
    proxy.ack(CDS);
    await nextRound();
    expect(lab.server.streams()).toHaveLength(1);
    expect(told).toEqual(["streamOpened", "acked"]);
    expect(warn).toHaveBeenCalled();
    warn.mockRestore();
  });
});
