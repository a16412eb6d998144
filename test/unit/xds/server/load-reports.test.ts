/** Streams of load reports on the xDS port, by a client of HTTP/2. */
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { decodeMessage } from "../../../../src/proto/decode.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { frameOf } from "../../../../src/xds/frame.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { loadRequest, nodeBytes, stats } from "../load/reports.ts";
import { type Port, withPort } from "./port.ts";
import { deltaRequest, type RawCall, type RawClient } from "./raw-client.ts";

const path = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";
const healthCheck = "/grpc.health.v1.Health/Check";
const serving = Buffer.from([0x08, 1]);

/** As long as that of a real Envoy. */
const hugeNode = nodeBytes({ id: "edge-1", metadata: { about: "x".repeat(61_000) } });

const aging = { keepAliveTimeMs: 1e9, connectionAgeMs: 60_000, connectionAgeJitter: 0 };

async function introduced(client: RawClient, node = hugeNode): Promise<RawCall> {
  const call = client.call(path);
  call.stream.write(frameOf(loadRequest([], node)));
  await call.count(1);
  return call;
}

const okOf = ({ loads }: Port): readonly unknown[] =>
  loads.map(({ clusters }) => clusters[0]?.localities[0]?.ok);

describe("load reports on the xDS port", () => {
  it("are asked for, and taken in whatever pieces they come", () =>
    withPort({}, async (port) => {
      const call = await introduced(port.client());
      const [answer = Buffer.alloc(0)] = call.messages();
      expect(decodeMessage("envoy.service.load_stats.v3.LoadStatsResponse", answer)).toEqual({
        send_all_clusters: true,
        report_endpoint_granularity: true,
        load_reporting_interval: { seconds: 2 },
      });
      const bytes = frameOf(loadRequest([stats("web/v1", 1)], hugeNode));
      for (let at = 0; at < bytes.length; at += 20_000) {
        call.stream.write(bytes.subarray(at, at + 20_000));
      }
      const many = [2, 3, 4].map((ok) => frameOf(loadRequest([stats("web/v1", ok)])));
      call.stream.write(Buffer.concat(many));
      await eventually(() => port.loads.length === 4, { what: "four reports" });
      expect(okOf(port)).toEqual([1, 2, 3, 4]);
      expect(port.loads[0]).toMatchObject({ node: { id: "edge-1" } });
      expect(port.loads[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    }));

  it("end one stream when they are bad, and no other, of whatever kind", () =>
    withPort({}, async (port) => {
      const client = port.client();
      const [bad, good] = [await introduced(client), await introduced(client)];
      const discovery = client.call();
      discovery.stream.write(deltaRequest(CDS));
      bad.stream.write(frameOf(Uint8Array.of(0xff, 0xff)));
      expect(await bad.status()).toEqual(["3", reasons.malformedLoad.message]);
      good.stream.write(frameOf(loadRequest([stats("web/v1", 5)])));
      await eventually(() => port.loads.length === 1, { what: "a report" });
      await discovery.count(1);
      expect(port.loadEnds.map(({ code }) => code)).toEqual(["invalid_argument"]);
    }));

  it("that are too large end their stream before they have come", () =>
    withPort({ bounds: { requestBytes: 100_000 } }, async (port) => {
      const call = await introduced(port.client());
      call.stream.write(frameOf(Buffer.alloc(100_001)).subarray(0, 5));
      expect(await call.status()).toEqual(["8", reasons.requestTooLarge.message]);
    }));

  it("must begin in time", () =>
    withPort({ bounds: { messageMs: 1_000 } }, async (port) => {
      const silent = port.client().call(path);
      await eventually(() => silent.headers, { what: "headers" });
      const speaking = await introduced(port.client());
      port.clock.advance(1_000);
      expect(await silent.status()).toEqual(["4", reasons.tooSlow.message]);
      // Between reports there is nothing to wait for.
      port.clock.advance(10_000);
      speaking.stream.write(frameOf(loadRequest([stats("web/v1", 1)])));
      await eventually(() => port.loads.length === 1, { what: "a report" });
    }));

  it("are streams beside those that a port bounds itself", () =>
    withPort({ bounds: { otherStreams: 1 } }, async (port) => {
      const client = port.client();
      for (let n = 0; n < 3; n += 1) await introduced(client, nodeBytes());
      expect(port.hub.loads?.size).toBe(3);
      expect(port.hub.streams.size).toBe(0);
    }));

  it("end with their client, however it goes", () =>
    withPort({}, async (port) => {
      const client = port.client();
      const [ended, reset] = [await introduced(client), await introduced(client)];
      ended.stream.end();
      expect(await ended.status()).toEqual(["0", ""]);
      reset.stream.close(8);
      await introduced(client);
      await client.close();
      await eventually(() => port.loadEnds.length === 3, { what: "three ends" });
      expect(port.hub.loads?.size).toBe(0);
      expect(port.loadEnds.map(({ node, code }) => [node?.id, code])).toEqual([
        ["edge-1", "ok"],
        ["edge-1", "ok"],
        ["edge-1", "ok"],
      ]);
    }));

  it("end in a drain, one stream after the other, and with a connection that is too old", () =>
    withPort({ bounds: aging }, async (port) => {
      const old = await introduced(port.client());
      port.clock.advance(aging.connectionAgeMs);
      expect(await old.status()).toEqual(["14", reasons.tooOld.message]);
      const calls = [await introduced(port.client()), await introduced(port.client())];
      const drained = port.drain();
      port.clock.advance(limits.xds.drainMs / 2);
      for (const call of calls) {
        expect(await call.status()).toEqual(["14", reasons.draining.message]);
      }
      await drained;
      expect(port.clock.pending).toBe(0);
    }));

  it("are a service that a health check knows", () =>
    withPort({}, async (port) => {
      const service = Buffer.from(path.split("/")[1] ?? "");
      const call = port.client().call(healthCheck);
      call.stream.write(frameOf(Buffer.concat([Buffer.from([0x0a, service.length]), service])));
      expect(await call.status()).toEqual(["0", ""]);
      expect(call.messages()[0]).toEqual(serving);
    }));
});
