/** What Envoys find of endpoints, as a user of the library is told of it. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { SnapshotCache, type XdsCallbacks, XdsServer } from "../../../../src/index.ts";
import {
  histogram,
  messageOf,
  otlpFrame,
  stats,
  statsOf,
  statsPath,
} from "../../../support/otlp.ts";
import { RawClient } from "../server/raw-client.ts";

const servers: XdsServer[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const server of servers.splice(0)) server.close();
});

async function send(callbacks: XdsCallbacks, message: Buffer) {
  const failures: (readonly [unknown, string])[] = [];
  const server = new XdsServer(new SnapshotCache(), {
    callbacks,
    onCallbackFailed: (error, callback) => failures.push([error, callback]),
  });
  servers.push(server);
  const listening = await server.listen({ host: "127.0.0.1", port: 0 });
  if (!listening.ok) throw new Error(listening.error);
  const client = new RawClient(listening.value.port);
  clients.push(client);
  const call = client.call(statsPath);
  call.stream.write(otlpFrame(message));
  return { status: await call.status(), answers: call.messages(), failures };
}

const message = stats("edge-1", { "web/v1": { total: 2, healthy: 1 } });

describe("callbacks of health", () => {
  it("are told what an Envoy finds", async () => {
    const told = vi.fn();
    const { status, answers } = await send({ healthReported: told }, message);
    expect([status, answers]).toEqual([["0", ""], [Buffer.alloc(0)]]);
    const clusters = [{ cluster: "web/v1", total: 2, healthy: 1, ejected: 0 }];
    const peer = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(told.mock.calls).toEqual([[{ node: "edge-1", peer, clusters }]]);
  });

  it("are told how long requests took, and of endpoints only where a message has something", async () => {
    const healthReported = vi.fn();
    const latencyReported = vi.fn();
    const buckets = { bounds: [10], counts: [1, 2] };
    const time = histogram("cluster.web/v1.upstream_rq_time", buckets);
    const callbacks = { healthReported, latencyReported };
    const peer = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect((await send(callbacks, messageOf("edge-1", [time]))).status[0]).toBe("0");
    const clusters = [{ cluster: "web/v1", ...buckets }];
    expect(latencyReported.mock.calls).toEqual([[{ node: "edge-1", peer, clusters }]]);
    expect(healthReported).not.toHaveBeenCalled();
    const both = messageOf("edge-1", [time, ...statsOf("web/v1", { total: 2, healthy: 1 })]);
    await send(callbacks, both);
    expect([healthReported, latencyReported].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
    expect((await send({ latencyReported }, both)).status[0]).toBe("0");
  });

  it("are told what was not taken", async () => {
    const healthRefused = vi.fn();
    const { status } = await send({ healthReported: () => {}, healthRefused }, Buffer.of(0xff));
    expect(status[0]).toBe("3");
    expect(healthRefused.mock.calls).toMatchObject([[{ code: "invalid_argument" }]]);
  });

  it("that throw do no harm to the call, and are told", async () => {
    const bug = new Error("of the user");
    const healthReported = (): never => {
      throw bug;
    };
    const { status, failures } = await send({ healthReported }, message);
    expect([status[0], failures]).toEqual(["0", [[bug, "healthReported"]]]);
  });

  it("have to be there, or nothing is taken", async () => {
    expect((await send({}, message)).status).toEqual(["12", `no method ${statsPath}`]);
  });
});
