import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { readTls, tlsProblem } from "../../../../src/config/tls.ts";
import {
  type CertificatePair,
  loopbackCertificate,
  selfSigned,
} from "../../../support/certificates.ts";
import { freshFolder } from "../../../support/tmp.ts";
import { eventually } from "../../../support/wait.ts";
import { CDS } from "../../snapshot/resources.ts";
import { type Port, withPort } from "./port.ts";
import { deltaRequest } from "./raw-client.ts";

let folder: string;
let server: CertificatePair;
let client: CertificatePair;

const put = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

beforeAll(() => {
  folder = freshFolder("xds-tls");
  server = loopbackCertificate();
  client = selfSigned("proxy");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function files(pair = server) {
  return {
    certFile: put("server.pem", pair.certificate),
    keyFile: put("server.key", pair.privateKey),
  };
}

const mutual = () => ({ ...files(), clientCaFile: put("clients.pem", client.certificate) });

async function isServed(port: Port, options: object): Promise<boolean> {
  const raw = port.client({ ca: server.certificate, ...options });
  const call = raw.call();
  call.stream.write(deltaRequest(CDS));
  await eventually(() => raw.session.destroyed || call.messages().length > 0, {
    what: "an answer or an end",
  });
  return call.messages().length > 0;
}

async function serialSeen(port: Port): Promise<string> {
  const socket: TLSSocket = connect({
    port: port.listener.address.port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
  });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe("TLS", () => {
  it("serves who trusts the certificate, and nobody in plain text", () =>
    withPort({ tls: files() }, async (port) => {
      expect(await isServed(port, {})).toBe(true);
      expect(await isServed(port, { ca: client.certificate })).toBe(false);
      expect(port.hub.streams.size).toBe(1);
    }));

  it("with an authority of clients serves only those with a certificate of it", () =>
    withPort({ tls: mutual() }, async (port) => {
      const { certificate: cert, privateKey: key } = client;
      expect(await isServed(port, { cert, key })).toBe(true);
      expect(await isServed(port, {})).toBe(false);
      const other = selfSigned("other");
      expect(await isServed(port, { cert: other.certificate, key: other.privateKey })).toBe(false);
      expect(port.peers).toHaveLength(1);
      expect(port.refused.map(([peer]) => peer)).toContain("127.0.0.1");
    }));

  it("speaks HTTP/2 only, and TLS 1.2 at least", () =>
    withPort({ tls: files() }, async (port) => {
      const fails = async (options: object): Promise<boolean> => {
        const socket = connect({
          port: port.listener.address.port,
          host: "127.0.0.1",
          rejectUnauthorized: false,
          ...options,
        });
        socket.resume();
        return await new Promise((resolve) => {
          socket.once("secureConnect", () => resolve(false));
          socket.once("error", () => resolve(true));
        });
      };
      expect(await fails({ ALPNProtocols: ["http/1.1"] })).toBe(true);
      expect(
        await fails({ ALPNProtocols: ["h2"], maxVersion: "TLSv1.1", minVersion: "TLSv1" }),
      ).toBe(true);
      expect(await fails({ ALPNProtocols: ["h2"], maxVersion: "TLSv1.2" })).toBe(false);
    }));

  it("takes new certificates while it runs, and keeps the old ones where new ones are wrong", () =>
    withPort({ tls: files(), bounds: { keepAliveTimeMs: 1e9 } }, async (port) => {
      const before = await serialSeen(port);
      const look = async (count: number): Promise<void> => {
        await eventually(
          () => {
            port.clock.advance(limits.xds.certificateReadMs);
            return port.certificates.length >= count;
          },
          { what: `${count} reports` },
        );
      };
      files({ certificate: "nonsense", privateKey: server.privateKey });
      await look(1);
      expect(port.certificates[0]).toMatchObject({ ok: false });
      expect(await serialSeen(port)).toBe(before);
      expect(await isServed(port, {})).toBe(true);
      const next = loopbackCertificate();
      files(next);
      await look(2);
      // The time alone: who is told writes it to logs.
      const told = port.certificates[1];
      expect(told?.ok && Object.keys(told.value)).toEqual(["notAfter"]);
      expect(await serialSeen(port)).not.toBe(before);
      expect(await isServed(port, { ca: next.certificate })).toBe(true);
      // Those that are connected stay so.
      expect(port.hub.streams.size).toBe(2);
    }));
});

describe("readTls", () => {
  it("says which file is wrong and why, and nothing of what is in it", async () => {
    const { certFile, keyFile } = files();
    const missing = join(folder, "no.pem");
    expect(await tlsProblem({ certFile: missing, keyFile })).toMatch(
      /^TLS for xDS: .*no\.pem cannot be read: ENOENT/,
    );
    const notPem = put("text.pem", "canary");
    expect(await tlsProblem({ certFile: notPem, keyFile })).toBe(
      `TLS for xDS: ${notPem} has no certificate in PEM`,
    );
    expect(await tlsProblem({ certFile, keyFile, clientCaFile: notPem })).toContain("text.pem");
    const otherKey = put("other.key", client.privateKey);
    const mismatch = await tlsProblem({ certFile, keyFile: otherKey });
    expect(mismatch).toContain("do not fit together");
    expect(await tlsProblem({ certFile, keyFile: notPem })).not.toContain("canary");
    const good = await readTls({ certFile, keyFile });
    expect(good.ok && Date.parse(good.value.notAfter)).toBeGreaterThan(1e12);
  });
});
