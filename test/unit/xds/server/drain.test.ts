/** How a port, and a server with several, is left: gracefully, and bounded whatever a client does. */
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { createSnapshot, resource, SnapshotCache, XdsServer } from "../../../../src/index.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import type { ListenOptions } from "../../../../src/xds/server/listen.ts";
import { loopbackCertificate } from "../../../support/certificates.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { freshFolder } from "../../../support/tmp.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { type Port, withPort } from "./port.ts";
import { deltaRequest, RawClient } from "./raw-client.ts";

const { drainMs, stopGraceMs } = limits.xds;

/** It never hangs up, whatever it is told. */
async function silent(port: Port, greeting = ""): Promise<Socket> {
  const socket = connect({
    port: port.listener.address.port,
    host: "127.0.0.1",
    allowHalfOpen: true,
  });
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  socket.write(greeting);
  return socket;
}

async function withTls(story: (port: Port, ca: string) => Promise<void>): Promise<void> {
  const folder = freshFolder("drain");
  const { certificate, privateKey } = loopbackCertificate();
  const [certFile, keyFile] = [join(folder, "a.pem"), join(folder, "a.key")];
  writeFileSync(certFile, certificate);
  writeFileSync(keyFile, privateKey);
  const options: ListenOptions = { tls: { certFile, keyFile } };
  const told = (port: Port) => story(port, certificate);
  await withPort(options, told).finally(() => rmSync(folder, { recursive: true }));
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const later = new Promise((resolve) => setTimeout(resolve, 20, "later"));
  return (await Promise.race([promise, later])) !== "later";
};

describe("a drain", () => {
  it("does not wait for a client that says nothing at a TLS port", () =>
    withTls(async (port, ca) => {
      await silent(port);
      // It was accepted before this one.
      const client = port.client({ ca });
      await once(client.session, "remoteSettings");
      await port.drain();
      expect(port.clock.pending).toBe(0);
    }));

  it("cuts off, after a grace, a client that does not hang up", () =>
    withPort({ bounds: { keepAliveTimeMs: 1e9 } }, async (port) => {
      const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
      const socket = await silent(port, preface);
      const ended = once(socket, "end");
      await eventually(() => port.clock.pending > 0, { what: "a session" });
      const drained = port.drain();
      await ended;
      port.clock.advance(drainMs);
      expect(await settled(drained)).toBe(false);
      port.clock.advance(stopGraceMs);
      await drained;
      expect(port.clock.pending).toBe(0);
    }));

  it("ends the streams of all addresses one by one, also where one has none", async () => {
    const clock = new FakeClock();
    const cache = new SnapshotCache({ groupOf: () => "g" });
    cache.setSnapshot("g", createSnapshot([resource.cluster({ name: "a", type: "STATIC" })]));
    const server = new XdsServer(cache, { clock });
    const bounds = { keepAliveTimeMs: 1e9, connectionAgeMs: 0 };
    const addresses = [];
    for (const ms of [drainMs, 1]) {
      const options = { bounds: { ...bounds, drainMs: ms } };
      addresses.push(await server.listen({ host: "127.0.0.1", port: 0 }, options));
    }
    const [address] = addresses;
    if (!address?.ok) throw new Error("it does not listen");
    const clients = [1, 2, 3, 4].map(() => new RawClient(address.value.port));
    try {
      const calls = clients.map((client) => client.call());
      for (const call of calls) {
        call.stream.write(deltaRequest(CDS));
        await call.count(1);
      }
      const drained = server.drain();
      expect(await settled(drained)).toBe(false);
      const left = [server.streams().length];
      for (let n = 0; n < 4; n += 1) {
        clock.advance(drainMs / 4);
        left.push(server.streams().length);
      }
      expect(left).toEqual([4, 2, 1, 0, 0]);
      for (const call of calls) {
        expect(await call.status()).toEqual(["14", reasons.draining.message]);
      }
      await drained;
      expect(clock.pending).toBe(0);
    } finally {
      for (const client of clients) await client.close();
      server.close();
    }
  });

  it("is over where the server is closed meanwhile, and may come after that", async () => {
    const server = new XdsServer(new SnapshotCache());
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (!listening.ok) throw new Error(listening.error);
    const client = new RawClient(listening.value.port);
    const call = client.call();
    call.stream.write(deltaRequest(CDS));
    await eventually(() => server.streams().length === 1, { what: "a stream" });
    const drained = server.drain();
    server.close();
    await Promise.all([drained, client.gone()]);
    await server.drain();
  });
});

describe("a connection that is over", () => {
  it("is cut off where its client does not hang up", () =>
    withPort({ bounds: { connectionAgeMs: 0, idleConnectionMs: 10_000 } }, async (port) => {
      const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
      const socket = await silent(port, preface);
      await eventually(() => port.clock.pending > 0, { what: "a session" });
      const ended = once(socket, "end");
      port.clock.advance(limits.xds.keepAliveTimeMs);
      await ended;
      port.clock.advance(stopGraceMs);
      await eventually(() => socket.destroyed || void socket.write("?"), {
        what: "nobody to be there",
      });
    }));
});
