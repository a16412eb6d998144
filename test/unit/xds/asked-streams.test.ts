/** `applied`, `behind` and `progress` of a server where the content of a group is not yet on its way. */
import { setImmediate as nextRound } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createSnapshot,
  resource,
  SnapshotCache,
  typeUrls,
  XdsServer,
} from "../../../src/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { connectProxy, type FakeProxy } from "../../support/fake-proxy.ts";

const CDS = typeUrls.cluster;
const cluster = (name: string, seconds = 1) =>
  resource.cluster({ name, type: "STATIC", connect_timeout: { seconds } });
const snapshot = (seconds: number, revision?: bigint) =>
  createSnapshot([cluster("a", seconds)], { revision });

let cache: SnapshotCache;
let server: XdsServer;
let clock: FakeClock;
let failures: (readonly [unknown, string])[];

beforeEach(() => {
  clock = new FakeClock();
  failures = [];
  cache = new SnapshotCache({ clock });
  server = new XdsServer(cache, { clock, onCallbackFailed: (...of) => failures.push(of) });
});

afterEach(() => {
  server.close();
});

function connect(id = "n"): FakeProxy {
  const proxy = connectProxy(server.hub, { id });
  proxy.subscribe(CDS);
  return proxy;
}

/** What has come of a question, after the turns that answers take. */
async function soon<T>(answer: Promise<T>): Promise<T | "waits"> {
  await nextRound();
  await nextRound();
  return Promise.race([answer, Promise.resolve("waits" as const)]);
}

describe("a group that has just come", () => {
  it("is not applied by proxies that waited for it until they have ACKed it", async () => {
    const proxy = connect();
    cache.setSnapshot("n", snapshot(1));
    const applied = server.applied("n", { streams: 0 });
    expect(server.behind("n")).toMatchObject([{ types: undefined }]);
    expect(server.progress("n", CDS, 0)).toBe("pending");
    expect(await soon(applied)).toBe("waits");
    proxy.ack(CDS);
    expect(await soon(applied)).toMatchObject({ outcome: "applied", streams: 1, behind: [] });
    expect(server.progress("n", CDS, 1)).toBe("applied");
  });

  it("in place of one that was cleared, it is not what its proxies have ACKed", async () => {
    cache.setSnapshot("n", snapshot(1));
    const proxy = connect();
    proxy.ack(CDS);
    cache.clear("n");
    expect((await server.applied("n")).outcome).toBe("applied");
    cache.setSnapshot("n", snapshot(2));
    expect(server.behind()).toMatchObject([{ types: undefined }]);
    const [one, all] = [server.applied("n"), server.applied()];
    expect([await soon(one), await soon(all)]).toEqual(["waits", "waits"]);
    proxy.ack(CDS);
    expect(await soon(one)).toMatchObject({ outcome: "applied", streams: 1 });
    expect(await soon(all)).toMatchObject({ outcome: "applied", streams: 1 });
  });

  it("at a revision below the last, it is in force, and is waited for", async () => {
    cache.setSnapshot("n", snapshot(1, 100n));
    const proxy = connect();
    proxy.ack(CDS);
    cache.setSnapshot("n", snapshot(2, 5n));
    expect(cache.snapshot("n")?.revision).toBe(5n);
    const applied = server.applied("n");
    expect(await soon(applied)).toBe("waits");
    proxy.ack(CDS);
    expect(await soon(applied)).toMatchObject({ outcome: "applied" });
    expect(server.behind("n", { revision: 100n })).toMatchObject([{ types: undefined }]);
  });

  it("changed once more at the same revision, it is waited for", async () => {
    cache.setSnapshot("n", snapshot(1, 7n));
    const proxy = connect();
    proxy.ack(CDS);
    cache.setSnapshot("n", snapshot(2, 7n));
    const applied = server.applied("n");
    expect(await soon(applied)).toBe("waits");
    proxy.nack(CDS, "no");
    expect(await soon(applied)).toMatchObject({ outcome: "rejected" });
  });
});

describe("`when` of applied", () => {
  it("that throws, or says neither yes nor no, does not hold, and the wait goes on", async () => {
    cache.setSnapshot("n", snapshot(1));
    connect().ack(CDS);
    const boom = new Error("boom");
    let says: unknown = boom;
    const when = (): boolean => {
      if (says instanceof Error) throw says;
      return says as boolean;
    };
    const applied = server.applied("n", { when });
    expect(await soon(applied)).toBe("waits");
    expect(failures[0]).toEqual([boom, "when"]);
    says = "yes";
    server.review();
    expect(await soon(applied)).toBe("waits");
    expect(String(failures.at(-1)?.[0])).toContain("when: expected true or false, got the text");
    says = true;
    server.review();
    expect(await soon(applied)).toMatchObject({ outcome: "applied" });
  });
});
