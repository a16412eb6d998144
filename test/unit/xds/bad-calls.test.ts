/** What a program gets wrong, as JavaScript lets it: told at the call, and nothing is changed by it. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createSnapshot,
  type HostPort,
  type ListenOptions,
  resource,
  SnapshotCache,
  type SnapshotCacheOptions,
  typeUrls,
  XdsServer,
} from "../../../src/index.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

const web = resource.cluster({ name: "web", type: "STATIC" });
const loopback = { host: "127.0.0.1", port: 0 };
const servers: XdsServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function start(options: SnapshotCacheOptions = {}): XdsServer {
  const server = new XdsServer(new SnapshotCache(options));
  servers.push(server);
  return server;
}

describe("SnapshotCache", () => {
  const cases: readonly [string, (cache: SnapshotCache) => unknown, string][] = [
    ["a list for a snapshot", (c) => c.setSnapshot("g", [web] as never), "setSnapshot: expected a"],
    ["no snapshot", (c) => c.setSnapshot("g", undefined as never), "got undefined"],
    ["no group", (c) => c.setSnapshot(7 as never, createSnapshot([])), "setSnapshot: group: exp"],
    ["a message", (c) => c.setResource("g", { name: "a" } as never), "puts[0]: expected what"],
    ["a result", (c) => c.setResource("g", { ok: true, value: web } as never), "the `value` of"],
    ["a put", (c) => c.update("g", { puts: web } as never), "update: puts: expected a list"],
    ["one name twice", (c) => c.update("g", { puts: [web, web] }), "two CDS resources are named"],
    ["a word", (c) => c.update("g", { put: [web] } as never), 'there is no option "put"'],
    ["a name alone", (c) => c.deleteResource("g", "web" as never), "expected { typeUrl, name }"],
    ["no type", (c) => c.deleteResource("g", { name: "web" } as never), "deletes[0]: typeUrl: exp"],
    ["a version", (c) => c.update("g", { puts: [web], versions: { x: 7 } } as never), "number 7"],
  ];

  it.each(cases)("%s", (_name, call, message) => {
    const cache = new SnapshotCache();
    expect(() => call(cache)).toThrow(TypeError);
    expect(() => call(cache)).toThrow(message);
    expect(cache.groups()).toEqual([]);
  });

  it("a server needs one", () => {
    expect(() => new XdsServer(undefined as never)).toThrow("XdsServer: expected a SnapshotCache");
    expect(() => new XdsServer(new Map() as never)).toThrow("XdsServer: expected a SnapshotCache");
  });

  it("takes no option that it does not know", () => {
    const options = { groupof: () => "g" } as SnapshotCacheOptions;
    expect(() => new SnapshotCache(options)).toThrow('there is no option "groupof"');
    expect(() => new XdsServer(new SnapshotCache(), { callback: {} } as object)).toThrow(
      "callback",
    );
  });

  it.each([
    [{ intervalMs: -1 }, "loadReporting: intervalMs: expected milliseconds"],
    [{ intervalMs: Number.NaN }, "loadReporting: intervalMs: expected milliseconds"],
    [{ intervalMs: "2000" }, "loadReporting: intervalMs: expected milliseconds"],
    [{ interval: 1 }, 'there is no option "interval"'],
    [2_000, "loadReporting: expected options"],
  ])("takes no load reporting such as %j", (loadReporting, message) => {
    const cache = new SnapshotCache();
    const options = { loadReporting } as object;
    expect(() => new XdsServer(cache, options)).toThrow(message);
    servers.push(new XdsServer(cache, { loadReporting: { intervalMs: 0 } }));
  });

  it("takes no limit that is none", () => {
    const make = (limits: object) => () => new SnapshotCache({ limits });
    expect(make({ idle: 1 })).toThrow('there is no option "idle"');
    expect(make({ idleGroups: Number.NaN })).toThrow("limits: idleGroups: expected a whole number");
  });

  it("a group that is a promise is told of, once for all who come", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const said =
      /^serin: a stream ended with an internal error: TypeError: groupOf: .*got a Promise/;
    const server = start({ groupOf: async () => "edge" } as never);
    for (const id of ["a", "b"]) connectProxy(server.hub, { id }).subscribe(typeUrls.cluster);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(said)]]);
    warn.mockRestore();
    expect(server.streams()).toEqual([]);
  });
});

describe("applied", () => {
  const cases: readonly [string, unknown, object, string][] = [
    ["no group", 7, {}, "applied: group: expected a text"],
    ["no such option", "g", { timeout: 1 }, 'there is no option "timeout"'],
    ["a time before now", "g", { timeoutMs: -1 }, "timeoutMs: expected milliseconds"],
    ["no time", "g", { timeoutMs: Number.NaN }, "timeoutMs: expected milliseconds"],
    ["a revision", "g", { revision: 7 }, "revision: expected a bigint, got the number 7"],
    ["no number", "g", { streams: "2" }, "streams: expected a number"],
  ];

  it.each(cases)("%s", async (_name, group, options, message) => {
    const error = await start()
      .applied(group as string, options)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
  });
});

describe("listen", () => {
  const bound = (bounds: object): ListenOptions => ({ bounds });
  const cases: readonly [string, unknown, unknown, string][] = [
    ["no host", { port: 18_123 }, {}, "listen: host: expected a text"],
    ["an empty host", { host: "", port: 18_123 }, {}, "listen: host: expected a text"],
    ["a text", "127.0.0.1:18123", {}, "listen: expected { host, port }, got the text"],
    ["no port", { host: "127.0.0.1" }, {}, "listen: port: expected a whole number"],
    ["a port too high", { host: "127.0.0.1", port: 65_536 }, {}, "listen: port: expected"],
    ["a port as text", { host: "127.0.0.1", port: "18123" }, {}, "listen: port: expected"],
    ["no such option", loopback, { certFile: "x" }, 'there is no option "certFile"'],
    ["no such bound", loopback, bound({ drainMS: 1 }), 'there is no option "drainMS"'],
    ["no number", loopback, bound({ drainMs: Number.NaN }), "listen: bounds: drainMs: expected"],
    ["a jitter over the whole age", loopback, bound({ connectionAgeJitter: 3 }), "from 0 to 1"],
    ["no turn at all", loopback, bound({ turnMs: 0 }), "listen: bounds: turnMs: expected a number"],
    ["a part of a byte", loopback, bound({ requestBytes: 0.5 }), "requestBytes: expected a whole"],
    [
      "a bound as text",
      loopback,
      bound({ drainMs: "1" }),
      'from 0 to 2147483647, got the text "1"',
    ],
    ["half of TLS", loopback, { tls: { certFile: "x" } }, "listen: tls: keyFile: expected a text"],
  ];

  it.each(cases)("%s", async (_name, address, options, message) => {
    const listened = start().listen(address as HostPort, options as ListenOptions);
    const error = await listened.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
  });

  it("a server that is closed listens no more", async () => {
    const closed = { ok: false, error: "the server is closed" };
    const [drained, ended, ending] = [start(), start(), start()];
    await drained.drain();
    expect(await drained.listen(loopback)).toEqual(closed);
    ended.close();
    expect(await ended.listen(loopback)).toEqual(closed);
    const listening = ending.listen(loopback);
    ending.close();
    expect(await listening).toEqual(closed);
  });
});
