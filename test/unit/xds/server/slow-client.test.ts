/** Clients that open streams and say nothing, or a part of it: what they may hold, and for how long. */
import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { frameOf } from "../../../../src/xds/frame.ts";
import { Deframer } from "../../../../src/xds/server/deframer.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { type Port, withPort } from "./port.ts";
import { deltaRequest, type RawCall } from "./raw-client.ts";

const { messageMs, requestBytes, partialBytes, stopGraceMs } = limits.xds;
const quiet = { keepAliveTimeMs: 1e9, connectionAgeMs: 0 };

/** The time goes by once the server has taken all in that was sent so far. */
async function advance(port: Port, call: RawCall, ms: number): Promise<void> {
  await new Promise((resolve) => call.stream.session?.ping(resolve));
  await nextRound();
  port.clock.advance(ms);
  await nextRound();
}

const tooSlow = ["4", reasons.tooSlow.message];

describe("a client has so long", () => {
  it("for its first message, and for one that has begun", () =>
    withPort({ bounds: quiet }, async (port) => {
      const client = port.client();
      const [silent, slow, usual] = [client.call(), client.call(), client.call()];
      const request = deltaRequest(CDS);
      slow.stream.write(request);
      usual.stream.write(request);
      for (const call of [slow, usual]) await call.count(1);
      slow.stream.write(request.subarray(0, 7));
      await advance(port, slow, messageMs - 1);
      expect(port.hub.streams.size).toBe(3);
      await advance(port, slow, 1);
      expect(await silent.status()).toEqual(tooSlow);
      expect(await slow.status()).toEqual(tooSlow);
      expect([...port.hub.streams].map(({ node }) => node?.id)).toEqual(["n"]);
      expect(port.closed.map(({ code }) => code)).toEqual([
        "deadline_exceeded",
        "deadline_exceeded",
      ]);
      // One that has said what it wants may be silent for ever.
      await advance(port, usual, 10 * messageMs);
      expect(port.hub.streams.size).toBe(1);
    }));

  it("from the beginning of each message, and no longer where it comes in parts", () =>
    withPort({ bounds: quiet }, async (port) => {
      const call = port.client().call();
      const request = deltaRequest(CDS);
      call.stream.write(request.subarray(0, 7));
      await advance(port, call, messageMs - 1);
      call.stream.write(request.subarray(7));
      await call.count(1);
      call.stream.write(request.subarray(0, 7));
      for (let at = 7; at < 10; at += 1) {
        await advance(port, call, messageMs / 3 - 1);
        call.stream.write(request.subarray(at, at + 1));
      }
      expect(port.hub.streams.size).toBe(1);
      await advance(port, call, 3);
      expect(await call.status()).toEqual(tooSlow);
    }));

  it("for the request of a health check", () =>
    withPort({ bounds: quiet }, async (port) => {
      const call = port.client().call("/grpc.health.v1.Health/Watch");
      await eventually(() => call.headers, { what: "headers" });
      await advance(port, call, messageMs);
      expect(await call.status()).toEqual(tooSlow);
    }));
});

describe("long requests that come in parts", () => {
  const padded = deltaRequest(CDS, "n", {
    error_detail: { message: "x".repeat(requestBytes - 100) },
  });
  const atOnce = Math.floor(partialBytes / padded.length);

  /** So many calls that have sent a part of a request; the server has taken in some of each. */
  async function begun(port: Port, count: number): Promise<readonly RawCall[]> {
    const pushed = vi.spyOn(Deframer.prototype, "push");
    try {
      const client = port.client();
      const calls: RawCall[] = [];
      for (let index = 1; index <= count; index += 1) {
        const call = client.call();
        calls.push(call);
        call.stream.write(padded.subarray(0, 30_000));
        const seen = (): boolean => new Set(pushed.mock.contexts).size === index;
        await eventually(seen, { what: `a part of request ${index}` });
      }
      return calls;
    } finally {
      pushed.mockRestore();
    }
  }

  it("are read so many at a time; the others wait, and are read in the end", () =>
    withPort({ bounds: quiet }, async (port) => {
      const calls = await begun(port, atOnce + 2);
      const [last] = calls.slice(-1);
      if (last === undefined) throw new Error("there are some");
      last.stream.write(padded.subarray(30_000));
      await advance(port, last, 0);
      await nextRound();
      expect(last.messages()).toHaveLength(0);
      for (const call of calls.slice(0, 2)) call.stream.write(padded.subarray(30_000));
      await last.count(1);
      for (const call of calls.slice(0, 2)) await call.count(1);
    }));

  it("that wait too long are refused, and those ahead of them have their turn", () =>
    withPort({ bounds: quiet }, async (port) => {
      const calls = await begun(port, 2 * atOnce + 1);
      const [last] = calls.slice(-1);
      if (last === undefined) throw new Error("there are some");
      await advance(port, last, messageMs);
      expect(await last.status()).toEqual(["8", reasons.noRoom.message]);
      for (const call of calls.slice(0, atOnce)) expect(await call.status()).toEqual(tooSlow);
      expect(port.hub.streams.size).toBe(atOnce);
    }));
});

describe("streams that are not of xDS", () => {
  const health = "/grpc.health.v1.Health/Watch";

  it("are bounded, watches by themselves", () =>
    withPort({ bounds: { ...quiet, watches: 1, otherStreams: 3 } }, async (port) => {
      const client = port.client();
      const watch = (): RawCall => {
        const call = client.call(health);
        call.stream.write(frameOf(Buffer.alloc(0)));
        return call;
      };
      const first = watch();
      await first.count(1);
      expect(await watch().status()).toEqual(["8", reasons.tooManyWatches.message]);
      const others = [watch(), client.call(health), client.call(health)];
      await eventually(() => others.some(({ stream }) => stream.rstCode === 7), {
        what: "a stream to be refused",
      });
      const xds = client.call();
      xds.stream.write(deltaRequest(CDS));
      await xds.count(1);
      first.stream.close();
      await eventually(() => first.stream.closed, { what: "the watch to be over" });
      await new Promise((resolve) => client.session.ping(resolve));
      await watch().count(1);
    }));

  it("are let go a while after they were refused", () =>
    withPort({ bounds: quiet }, async (port) => {
      const call = port.client().call(undefined, { "content-type": "text/plain" });
      await eventually(() => call.headers, { what: "headers" });
      expect(call.stream.closed).toBe(false);
      port.clock.advance(stopGraceMs);
      await eventually(() => call.stream.closed, { what: "the stream to be closed" });
    }));
});
