import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import {
  connectedProxy,
  createSnapshot,
  type GroupChange,
  resource,
  SnapshotCache,
  type SnapshotCacheOptions,
  typeUrls,
  type XdsCallbacks,
  XdsServer,
} from "../../../src/index.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

const { cluster: CDS, loadAssignment: EDS } = typeUrls;

const cluster = (name: string, seconds = 1) =>
  resource.cluster({ name, type: "STATIC", connect_timeout: { seconds } });

let servers: XdsServer[] = [];

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

function start(options: SnapshotCacheOptions = {}, callbacks: XdsCallbacks = {}) {
  const failures: (readonly [unknown, string])[] = [];
  const changes: GroupChange[] = [];
  const cache = new SnapshotCache({ onChanged: (change) => changes.push(change), ...options });
  const server = new XdsServer(cache, {
    callbacks,
    onCallbackFailed: (error, callback) => failures.push([error, callback]),
  });
  servers.push(server);
  const connect = (id: string, group = "edge") => {
    const proxy = connectProxy(server.hub, { id, cluster: group });
    proxy.subscribe(CDS);
    return proxy;
  };
  const sent = (proxy: ReturnType<typeof connect>) => proxy.received(CDS).map((one) => one.version);
  return { cache, server, connect, sent, failures, changes };
}

const byCluster: SnapshotCacheOptions = { groupOf: ({ node }) => node.cluster };

describe("SnapshotCache", () => {
  it("each node is a group by itself, unless told otherwise", async () => {
    const { cache, connect, sent } = start();
    cache.setSnapshot("a", createSnapshot([cluster("web")]));
    const [a, b] = [connect("a"), connect("b")];
    expect([sent(a).length, sent(b).length]).toEqual([1, 0]);
    cache.setSnapshot("b", createSnapshot([]));
    await nextRound();
    expect([sent(a).length, sent(b).length]).toEqual([1, 1]);
    expect(cache.groups()).toEqual(["a", "b"]);
    expect([...cache.groupsInUse()]).toEqual(["a", "b"]);
  });

  it("two groups have nothing of each other", async () => {
    const { cache, connect, sent } = start(byCluster);
    for (const group of ["one", "two"]) cache.setSnapshot(group, createSnapshot([cluster(group)]));
    const [one, two] = [connect("n1", "one"), connect("n2", "two")];
    cache.setResource("one", cluster("more"));
    await nextRound();
    one.ack(CDS);
    expect([sent(one).length, sent(two).length]).toEqual([2, 1]);
  });

  it("a single resource is changed or deleted over a snapshot, and the next snapshot is whole", () => {
    const { cache, changes } = start();
    const names = () => [...(cache.snapshot("g")?.table(CDS).resources() ?? [])].map((c) => c.name);
    const whole = createSnapshot([cluster("a"), cluster("b")]);
    cache.setSnapshot("g", whole);
    cache.update("g", {
      puts: [cluster("c"), cluster("a", 2)],
      deletes: [{ typeUrl: EDS, name: "none" }],
    });
    expect(names()).toEqual(["a", "b", "c"]);
    expect(changes.at(-1)).toMatchObject({
      group: "g",
      revision: 2n,
      changes: [
        { name: "c", kind: "added" },
        { name: "a", kind: "changed" },
      ],
    });
    cache.setSnapshot("g", whole);
    expect(changes.at(-1)?.changes).toMatchObject([
      { name: "c", kind: "retiring" },
      { name: "a", kind: "changed" },
    ]);
    expect(cache.setSnapshot("g", whole)).toEqual([]);
  });

  it("a cluster that is deleted stays until all have ACKed, and is put back at once", () => {
    const { cache } = start();
    cache.setSnapshot("g", createSnapshot([cluster("a")]));
    cache.deleteResource("g", { typeUrl: CDS, name: "a" });
    expect(cache.snapshot("g")).toMatchObject({ retiringCount: 1 });
    expect(cache.setResource("g", cluster("a"))).toEqual([]);
    expect(cache.snapshot("g")).toMatchObject({ retiringCount: 0 });
  });

  it("a group is not made by what is deleted from it", () => {
    const { cache, changes } = start();
    expect(cache.deleteResource("typo", { typeUrl: CDS, name: "a" })).toEqual([]);
    expect(cache.update("typo", {})).toEqual([]);
    expect([cache.groups(), changes]).toEqual([[], []]);
  });

  it("tells the group of a proxy that is not there", () => {
    const { cache } = start({
      groupOf: ({ node, layers }) => node.metadata.get("zone") ?? [...layers][0] ?? node.cluster,
    });
    const groups = [
      connectedProxy({ id: "n", cluster: "edge" }),
      connectedProxy({ id: "n", metadata: { zone: "a" } }),
      connectedProxy({ id: "n", layers: ["weights"] }),
    ].map((proxy) => cache.groupOf(proxy));
    expect(groups).toEqual(["edge", "a", "weights"]);
  });

  it("a group that is cleared is still what its proxies have, and nothing for others", async () => {
    const { cache, connect, sent, server } = start(byCluster);
    cache.setSnapshot("edge", createSnapshot([cluster("a")]));
    const before = connect("n1");
    before.ack(CDS);
    cache.clear("edge");
    server.reselect();
    const after = connect("n2");
    await nextRound();
    expect([sent(before).length, sent(after).length]).toEqual([1, 0]);
    expect(server.streams().map(({ group }) => group)).toEqual(["edge", undefined]);
    cache.setSnapshot("edge", createSnapshot([cluster("a", 2)]));
    await nextRound();
    expect([sent(before).length, sent(after).length]).toEqual([2, 1]);
  });

  it("asks for a group that is not there, once a proxy wants it, and forgets idle ones", async () => {
    const asked: string[] = [];
    const forgotten: string[] = [];
    const lab = start({
      onMissing: (group) => {
        asked.push(group);
        if (group !== "later") lab.cache.setSnapshot(group, createSnapshot([cluster(group)]));
      },
      onForgotten: (group) => forgotten.push(group),
      limits: { idleGroups: 2, groupsInUse: 3 },
    });
    const { cache, connect, sent } = lab;
    cache.setSnapshot("mine", createSnapshot([]));
    const late = connect("later");
    for (const id of ["a", "b", "c"]) connect(id).close();
    expect(asked).toEqual(["later", "a", "b", "c"]);
    expect(forgotten).toEqual(["a"]);
    cache.setSnapshot("later", createSnapshot([cluster("later")]));
    await nextRound();
    expect(sent(late)).toHaveLength(1);
    const [one, two, three] = [connect("1"), connect("2"), connect("3")];
    expect([one, two, three].map((proxy) => sent(proxy).length)).toEqual([1, 1, 0]);
    expect(cache.groups()).toContain("mine");
  });

  it("has one server, and another one once that is closed", () => {
    const { cache, server } = start();
    expect(() => new XdsServer(cache)).toThrow(TypeError);
    server.close();
    servers.push(new XdsServer(cache));
  });
});

describe("XdsServer", () => {
  it("tells when all have ACKed, who has not, and who said no", async () => {
    const { cache, server, connect } = start(byCluster);
    cache.setSnapshot("edge", createSnapshot([cluster("a")]));
    const [n1, n2] = [connect("n1"), connect("n2")];
    n1.ack(CDS);
    const late = await server.applied("edge", { timeoutMs: 1 });
    expect(late).toMatchObject({ outcome: "pending", streams: 2 });
    expect(late.behind.map(({ stream }) => stream.node?.id)).toEqual(["n2"]);
    const applied = server.applied("edge");
    n2.ack(CDS);
    expect(await applied).toEqual({ outcome: "applied", streams: 2, behind: [] });

    cache.setResource("edge", cluster("a", 2));
    const refused = server.applied("edge", { typeUrl: CDS });
    await nextRound();
    n1.ack(CDS);
    n2.nack(CDS, "no");
    expect(await refused).toMatchObject({
      outcome: "rejected",
      behind: [
        {
          stream: {
            node: { id: "n2" },
            group: "edge",
            types: [
              { typeUrl: CDS, state: "rejected", rejection: { message: "no", names: ["a"] } },
            ],
          },
          types: [{ typeUrl: CDS, rejected: true, standing: false }],
        },
      ],
    });
    expect(server.streams().map(({ types }) => types[0]?.state)).toEqual(["acked", "rejected"]);
  });

  it("waits for as many streams as are asked for", async () => {
    const { cache, server, connect } = start(byCluster);
    cache.setSnapshot("edge", createSnapshot([cluster("a")]));
    const applied = server.applied("edge", { streams: 1 });
    connect("n1").ack(CDS);
    expect((await applied).streams).toBe(1);
    expect((await server.applied("edge", { streams: 2, timeoutMs: 1 })).outcome).toBe("pending");
  });

  it("a group that nobody is in has not applied anything, unless nobody has to be there", async () => {
    const { server } = start(byCluster);
    const nobody = { outcome: "pending", streams: 0, behind: [] };
    expect(await server.applied("typo", { timeoutMs: 1 })).toEqual(nobody);
    expect((await server.applied("typo", { streams: 0 })).outcome).toBe("applied");
    expect((await server.applied()).outcome).toBe("applied");
  });

  it("a version of a type goes on in updates, for all of the type", async () => {
    const { cache, connect, sent } = start(byCluster);
    const clusters = [cluster("a"), cluster("b")];
    const under = (version: string) => ({ versions: { [CDS]: version } });
    cache.setSnapshot("edge", createSnapshot(clusters, under("v1")));
    const proxy = connect("n1");
    proxy.ack(CDS);
    cache.update("edge", { puts: [cluster("c")], ...under("v2") });
    await nextRound();
    proxy.ack(CDS);
    cache.update("edge", under("v3"));
    await nextRound();
    proxy.ack(CDS);
    expect(sent(proxy)).toEqual(["v1", "v2", "v3"]);
    const versions = [...(cache.snapshot("edge")?.resources() ?? [])].map((one) => one.version);
    expect(versions).toEqual(["v3", "v3", "v3"]);
  });

  it("a version of a type does not keep what is deleted, nor what is retiring", () => {
    const { cache } = start(byCluster);
    cache.setSnapshot("edge", createSnapshot([cluster("a"), cluster("b"), cluster("c")]));
    cache.deleteResource("edge", { typeUrl: CDS, name: "a" });
    const deletes = [{ typeUrl: CDS, name: "b" }];
    cache.update("edge", { deletes, versions: { [CDS]: "v2" } });
    expect(cache.snapshot("edge")?.retiringCount).toBe(2);
    const table = cache.snapshot("edge")?.table(CDS);
    expect(["a", "b", "c"].map((name) => table?.get(name)?.version === "v2")).toEqual([
      ...[false, false, true],
    ]);
    const none = { [EDS]: "v2" };
    expect(() => cache.update("edge", { versions: none })).toThrow("no resource of this type");
    expect(() => cache.update("new", { versions: none })).toThrow("no resource of this type");
    expect(cache.groups()).toEqual(["edge"]);
  });

  it("your own versions are what proxies see", async () => {
    const { cache, connect, sent } = start(byCluster);
    const clusters = [cluster("a"), cluster("b")];
    cache.setSnapshot("edge", createSnapshot(clusters, { versions: { [CDS]: "v1" } }));
    const proxy = connect("n1");
    proxy.ack(CDS);
    cache.setSnapshot("edge", createSnapshot(clusters, { versions: { [CDS]: "v2" } }));
    await nextRound();
    expect(sent(proxy)).toEqual(["v1", "v2"]);
  });

  it("tells of requests and responses, and outlives callbacks that throw", async () => {
    const seen: string[] = [];
    const bug = new Error("of the user");
    const { cache, connect, failures, sent } = start(byCluster, {
      request: ({ node, verdict, wildcard }) => seen.push(`${node.id} ${verdict} ${wildcard}`),
      response: ({ version, resources }) => seen.push(`${version} ${resources}`),
      acked: () => {
        throw bug;
      },
    });
    const snapshot = createSnapshot([cluster("a")], { versions: { [CDS]: "v1" } });
    cache.setSnapshot("edge", snapshot);
    const proxy = connect("n1");
    proxy.ack(CDS);
    expect(seen).toEqual(["n1 none true", "v1 1", "n1 ack true"]);
    expect(failures).toEqual([[bug, "acked"]]);
    cache.setResource("edge", cluster("b"));
    await nextRound();
    expect(sent(proxy)).toHaveLength(2);
  });
});
