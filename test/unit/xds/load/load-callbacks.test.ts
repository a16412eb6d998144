/** Load reports as a user of the library is told of them. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type LoadReporting,
  SnapshotCache,
  type XdsCallbacks,
  XdsServer,
} from "../../../../src/index.ts";
import type { LoadStream } from "../../../../src/xds/load/load-stream.ts";
import { ArrayWire } from "../hub-lab.ts";
import { RawClient } from "../server/raw-client.ts";
import { loadRequest, nodeBytes, stats } from "./reports.ts";

const path = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";
const servers: XdsServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function start(callbacks: XdsCallbacks, loadReporting?: LoadReporting) {
  const failures: (readonly [unknown, string])[] = [];
  const server = new XdsServer(new SnapshotCache(), {
    callbacks,
    loadReporting,
    onCallbackFailed: (error, callback) => failures.push([error, callback]),
  });
  servers.push(server);
  return { server, failures };
}

function connect(server: XdsServer): { readonly stream: LoadStream; readonly wire: ArrayWire } {
  const wire = new ArrayWire();
  const stream = server.hub.loads?.open(wire);
  if (stream === undefined) throw new Error("refused");
  stream.receive(loadRequest([], nodeBytes({ id: "edge-1" })));
  return { stream, wire };
}

describe("callbacks", () => {
  it("are told of a stream from its beginning to its end", () => {
    const told: string[] = [];
    const { server } = start({
      loadStreamOpened: ({ stream, node, peer }) => told.push(`${stream} ${node?.id} ${peer}`),
      loadReported: ({ node, intervalMs, clusters }) =>
        told.push(`${node.id} ${intervalMs} ${clusters.map(({ cluster }) => cluster)}`),
      loadStreamClosed: ({ code, node }) => told.push(`${code} ${node?.id}`),
    });
    const { stream } = connect(server);
    stream.receive(loadRequest([stats("web/v1", 1), stats("web/v2", 1)]));
    stream.end({ code: "ok", message: "over" });
    expect(told).toEqual(["1 undefined test", "edge-1 2001 web/v1,web/v2", "ok edge-1"]);
  });

  it("that throw do no harm to the stream, and are told", () => {
    const bug = new Error("of the user");
    const fail = (): never => {
      throw bug;
    };
    const { server, failures } = start({ loadReported: fail, loadStreamOpened: fail });
    const { stream, wire } = connect(server);
    stream.receive(loadRequest([stats("web/v1", 1)]));
    expect([wire.ends, wire.written.length]).toEqual([[], 1]);
    expect(failures).toEqual([
      [bug, "loadStreamOpened"],
      [bug, "loadReported"],
    ]);
  });

  it("are not needed, but for a stream that ends with a bug there is a warning", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { server } = start({});
    const { stream, wire } = connect(server);
    stream.receive(loadRequest([stats("web/v1", 1)]));
    expect(wire.ends).toEqual([]);
    wire.write = () => {
      throw new Error("a bug");
    };
    server.hub.loads?.pace.replaced(0, 1e9);
    stream.receive(loadRequest());
    expect(wire.ends).toMatchObject([{ code: "internal" }]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining("a stream of load reports ended")]]);
    warn.mockRestore();
  });
});

describe("load reporting", () => {
  it("comes in the interval that is asked for", () => {
    const { server } = start({}, { intervalMs: 250 });
    expect(server.hub.loads?.pace.intervalMs).toBe(250);
  });

  it("is not there where nobody wants it", async () => {
    const { server } = start({}, { intervalMs: 0 });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (!listening.ok) throw new Error(listening.error);
    const client = new RawClient(listening.value.port);
    try {
      expect(await client.call(path).status()).toEqual(["12", `no method ${path}`]);
    } finally {
      await client.close();
    }
  });
});
