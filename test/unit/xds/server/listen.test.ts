import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { decodeMessage } from "../../../../src/proto/decode.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { frameOf } from "../../../../src/xds/frame.ts";
import { GrpcCall } from "../../../../src/xds/server/call.ts";
import { XdsStream } from "../../../../src/xds/stream.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { withPort } from "./port.ts";
import { deltaRequest, type RawCall } from "./raw-client.ts";

const mib = 1024 * 1024;
const healthCheck = "/grpc.health.v1.Health/Check";
const healthWatch = "/grpc.health.v1.Health/Watch";

describe("a call", () => {
  it("gets its headers at once, and what it asks for", () =>
    withPort({}, async (port) => {
      const call = port.client().call();
      await eventually(() => call.headers, { what: "headers" });
      expect(call.headers).toMatchObject({ ":status": 200, "content-type": "application/grpc" });
      call.stream.write(deltaRequest(CDS));
      await call.count(1);
      expect(port.peers[0]).toMatch(/^127\.0\.0\.1:\d+$/);
    }));

  it("of a method that is not there is UNIMPLEMENTED", () =>
    withPort({}, async (port) => {
      const call = port.client().call("/no.Service/Method");
      expect(await call.status()).toEqual(["12", "no method /no.Service/Method"]);
    }));

  it.each([
    [{ "content-type": "application/json" }, 415],
    [{ ":method": "GET" }, 405],
  ])("with %j is refused with %i", (headers, status) =>
    withPort({}, async (port) => {
      const call = port.client().call(undefined, headers);
      await eventually(() => call.headers, { what: "headers" });
      expect(call.headers).toMatchObject({ ":status": status });
    }),
  );

  it.each([
    [{ "grpc-encoding": "gzip" }, "12", reasons.compressed.message],
    [{}, "13", reasons.compressedUnsaid.message],
  ])("with a compressed message and %j ends", (headers, code, message) =>
    withPort({}, async (port) => {
      const call = port.client().call(undefined, headers);
      call.stream.write(Buffer.from([1, 0, 0, 0, 0]));
      expect(await call.status()).toEqual([code, message]);
    }),
  );

  it("with a request that is too large ends before it has come", () =>
    withPort({ bounds: { requestBytes: 1_000 } }, async (port) => {
      const call = port.client().call();
      call.stream.write(frameOf(Buffer.alloc(1_001)).subarray(0, 5));
      expect(await call.status()).toEqual(["8", reasons.requestTooLarge.message]);
      await eventually(() => port.closed.length === 1, { what: "the end to be told" });
      expect(port.closed[0]?.code).toBe("resource_exhausted");
    }));

  it("ends well when the client says that it has no more to say", () =>
    withPort({}, async (port) => {
      const call = port.client().call();
      call.stream.end(deltaRequest(CDS));
      expect(await call.status()).toEqual(["0", ""]);
      expect(call.messages()).toHaveLength(1);
    }));

  it("is at fault where it ends within a message", () =>
    withPort({}, async (port) => {
      const call = port.client().call();
      call.stream.end(deltaRequest(CDS).subarray(0, -1));
      expect(await call.status()).toEqual(["3", reasons.truncated.message]);
    }));

  it("is over when the client resets it, or when its connection is lost", () =>
    withPort({}, async (port) => {
      const client = port.client();
      const calls = [client.call(), client.call()];
      for (const call of calls) call.stream.write(deltaRequest(CDS));
      for (const call of calls) await call.count(1);
      calls[0]?.stream.close(8);
      await eventually(() => port.hub.streams.size === 1, { what: "one stream to be left" });
      await client.close();
      await eventually(() => port.hub.streams.size === 0, { what: "no stream to be left" });
      expect(port.closed[1]?.reason).toBe(reasons.cancelled.message);
    }));
});

describe("a client that does not read", () => {
  it("costs one message, holds up nobody, and gets the newest state when it reads", () =>
    withPort({}, async (port) => {
      const content = (n: number): string => `${n}`.padEnd(mib, "x");
      await port.change(content(0));
      const written = vi.spyOn(GrpcCall.prototype, "write");
      try {
        const settings = { initialWindowSize: 1_000 };
        const slow = port.client({ settings }).call(undefined, {}, false);
        slow.stream.write(deltaRequest(CDS, "slow"));
        await eventually(() => written.mock.calls.length === 1, { what: "the first write" });
        const [slowCall] = written.mock.contexts;
        const quick = port.client().call();
        quick.stream.write(deltaRequest(CDS, "quick"));
        for (let n = 1; n <= 10; n++) {
          await quick.count(n);
          ack(quick, "quick");
          await eventually(() => port.acked.length === n, { what: "the ACK" });
          await port.change(content(n));
        }
        await quick.count(11);
        expect(written.mock.contexts.filter((call) => call === slowCall)).toHaveLength(1);
        slow.read();
        await slow.count(1);
        ack(slow, "slow");
        await slow.count(2);
        expect(slow.messages()[1]?.includes(content(10))).toBe(true);
        expect(written.mock.contexts.filter((call) => call === slowCall)).toHaveLength(2);
      } finally {
        written.mockRestore();
      }
    }));
});

describe("a client that floods", () => {
  it("has a few of its requests looked at in one turn, and all of them in the end", () =>
    withPort({ bounds: { requestsPerTurn: 3 } }, async (port) => {
      const perTurn: number[] = [0];
      let over = false;
      const nextTurn = (): void => {
        perTurn.push(0);
        if (!over) setImmediate(nextTurn);
      };
      setImmediate(nextTurn);
      const received = vi.spyOn(XdsStream.prototype, "receive").mockImplementation(() => {
        perTurn.push((perTurn.pop() ?? 0) + 1);
      });
      try {
        const call = port.client().call();
        call.stream.end(Buffer.concat(Array.from({ length: 500 }, () => deltaRequest(CDS))));
        expect(await call.status()).toEqual(["0", ""]);
        expect(received).toHaveBeenCalledTimes(500);
        // The test's immediate and that of the server take turns.
        expect(Math.max(...perTurn)).toBeLessThanOrEqual(6);
      } finally {
        over = true;
        received.mockRestore();
      }
    }));

  it("with connections is refused those beyond the bound", () =>
    withPort({ bounds: { connections: 2 } }, async (port) => {
      const [first, second] = [port.client(), port.client()];
      for (const client of [first, second]) {
        await eventually(() => client.session.remoteSettings.maxConcurrentStreams !== undefined, {
          what: "settings",
        });
      }
      const third = port.client();
      await third.gone();
      expect(port.refused).toEqual([["127.0.0.1", "as many connections as there may be"]]);
      await second.close();
      const call = first.call(healthCheck);
      call.stream.end(frameOf(Buffer.alloc(0)));
      expect(await call.status()).toEqual(["0", ""]);
    }));

  it("with streams that it resets loses its connection, and others go on", () =>
    withPort({ bounds: { streamBurst: 20, streamsPerSecond: 1 } }, async (port) => {
      const [flood, other] = [port.client(), port.client()];
      for (let n = 0; n <= 20; n++) flood.call().stream.close(8);
      await flood.gone();
      const call = other.call();
      call.stream.write(deltaRequest(CDS));
      await call.count(1);
      await eventually(() => port.hub.streams.size === 1, { what: "the others to be over" });
    }));

  it("with headers has that request refused", () =>
    withPort({ bounds: { headerBytes: 1_000 } }, async (port) => {
      const client = port.client();
      const first = client.call();
      first.stream.write(deltaRequest(CDS));
      await first.count(1);
      const large = client.call(undefined, { "x-large": "x".repeat(2_000) });
      await eventually(() => large.stream.closed, { what: "the end of the request" });
      expect(port.peers).toHaveLength(1);
      const call = client.call();
      call.stream.write(deltaRequest(CDS));
      await call.count(1);
    }));

  it("with what is no HTTP/2 is cut off", () =>
    withPort({}, async (port) => {
      const socket = connect(port.listener.address.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      socket.resume();
      await once(socket, "close");
      const call = port.client().call();
      await eventually(() => call.headers, { what: "another client to be served" });
    }));
});

describe("a connection", () => {
  it("stays while its client answers pings, and is cut when it does not", () =>
    withPort({ bounds: { connectionAgeMs: 0 } }, async (port) => {
      const { keepAliveTimeMs, keepAliveTimeoutMs } = limits.xds;
      const client = port.client();
      const call = client.call();
      call.stream.write(deltaRequest(CDS));
      await call.count(1);
      for (let n = 0; n < 3; n++) {
        const pinged = once(client.session, "ping");
        port.clock.advance(keepAliveTimeMs);
        await pinged;
        // The answer to this one comes after ours was read.
        await new Promise((resolve) => client.session.ping(resolve));
      }
      const silent = connect(port.listener.address.port, "127.0.0.1");
      silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
      silent.resume();
      await once(silent, "connect");
      await nextRound();
      port.clock.advance(keepAliveTimeoutMs);
      expect(port.hub.streams.size).toBe(1);
      const [pinged, cut] = [once(client.session, "ping"), once(silent, "close")];
      port.clock.advance(keepAliveTimeMs - keepAliveTimeoutMs);
      await pinged;
      await new Promise((resolve) => client.session.ping(resolve));
      port.clock.advance(2 * keepAliveTimeoutMs);
      await cut;
      expect(port.hub.streams.size).toBe(1);
    }));

  it("that is old is let go: GOAWAY, and its streams end one by one", () =>
    withPort({ bounds: { keepAliveTimeMs: 1e9, connectionAgeJitter: 0 } }, async (port) => {
      const { connectionAgeMs, connectionAgeGraceMs } = limits.xds;
      const client = port.client();
      const calls = [client.call(), client.call()];
      for (const call of calls) call.stream.write(deltaRequest(CDS));
      for (const call of calls) await call.count(1);
      const goaway = once(client.session, "goaway");
      port.clock.advance(connectionAgeMs - 1);
      expect(port.hub.streams.size).toBe(2);
      port.clock.advance(1);
      expect(port.hub.streams.size).toBe(1);
      port.clock.advance(connectionAgeGraceMs / 2);
      expect(port.hub.streams.size).toBe(0);
      expect((await goaway)[0]).toBe(0);
      for (const call of calls) expect(await call.status()).toEqual(["14", reasons.tooOld.message]);
      await client.gone();
      expect(port.clock.pending).toBe(0);
    }));

  it("does not live as long as those that came with it", () =>
    withPort({ bounds: { keepAliveTimeMs: 1e9 } }, async (port) => {
      const { connectionAgeMs, connectionAgeJitter } = limits.xds;
      const clients = Array.from({ length: 20 }, () => port.client());
      for (const { session } of clients) await once(session, "remoteSettings");
      const gone = (): number => clients.filter(({ closed }) => closed).length;
      port.clock.advance(connectionAgeMs * (1 - connectionAgeJitter) - 1);
      expect(gone()).toBe(0);
      port.clock.advance(connectionAgeMs * connectionAgeJitter);
      await eventually(() => gone() > 0, { what: "some to be gone" });
      expect(gone()).toBeLessThan(20);
      port.clock.advance(connectionAgeMs * connectionAgeJitter + 1);
      await eventually(() => gone() === 20, { what: "all to be gone" });
    }));

  it("that nothing is on is closed after a while", () =>
    withPort({ bounds: { connectionAgeMs: 0, idleConnectionMs: 10_000 } }, async (port) => {
      const client = port.client();
      await once(client.session, "remoteSettings");
      port.clock.advance(limits.xds.keepAliveTimeMs);
      await client.gone();
    }));
});

describe("health", () => {
  it.each([
    ["", ["0", ""], [[8, 1]]],
    ["envoy.service.discovery.v3.AggregatedDiscoveryService", ["0", ""], [[8, 1]]],
    ["no.Such", ["5", "no such service here"], []],
  ])("check of %j", (service, status, answers) =>
    withPort({}, async (port) => {
      const call = port.client().call(healthCheck);
      call.stream.end(healthRequest(service));
      expect(await call.status()).toEqual(status);
      expect(call.messages().map((message) => [...message])).toEqual(answers);
    }),
  );

  it.each([[Buffer.from([0x10, 1])], [Buffer.from([0x0a, 5, 1])]])(
    "refuses %j, which is no request of it",
    (bytes) =>
      withPort({}, async (port) => {
        const call = port.client().call(healthCheck);
        call.stream.end(frameOf(bytes));
        expect(await call.status()).toEqual(["3", reasons.notHealthRequest.message]);
      }),
  );

  it("watch tells of a drain before the streams end", () =>
    withPort({}, async (port) => {
      const client = port.client();
      const [watch, unknown] = [client.call(healthWatch), client.call(healthWatch)];
      watch.stream.write(healthRequest(""));
      unknown.stream.write(healthRequest("no.Such"));
      await watch.count(1);
      await unknown.count(1);
      const drained = port.drain();
      await watch.count(2);
      expect(watch.messages().map((message) => [...message])).toEqual([
        [8, 1],
        [8, 2],
      ]);
      expect([...(unknown.messages()[0] ?? [])]).toEqual([8, 3]);
      port.clock.advance(limits.xds.drainMs);
      expect(await watch.status()).toEqual(["14", reasons.draining.message]);
      await drained;
      expect(port.clock.pending).toBe(0);
    }));
});

const healthRequest = (service: string): Buffer =>
  frameOf(
    service === ""
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]),
  );

function ack(call: RawCall, id: string): void {
  const response = decodeMessage(
    "envoy.service.discovery.v3.DeltaDiscoveryResponse",
    call.messages().at(-1) ?? Buffer.alloc(0),
  );
  call.stream.write(deltaRequest(CDS, id, { response_nonce: response.nonce }));
}
