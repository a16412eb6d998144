import { rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type CertificatePair, loopbackCertificate, selfSigned } from "../support/certificates.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";
import { aggregated, deltaRequest } from "../unit/xds/server/raw-client.ts";

const CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

let folder: string;

beforeAll(() => {
  folder = freshFolder("xds-transport");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const putPair = (name: string, { certificate, privateKey }: CertificatePair) => ({
  certFile: put(`${name}.pem`, certificate),
  keyFile: put(`${name}.key`, privateKey),
});

const isConnected = async (serin: Serin, node: string): Promise<boolean> =>
  (await serin.proxies()).some((proxy) => proxy.node === node);

/** Ends without an answer, and says why. */
const refusal = (port: number, ca: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ca, ALPNProtocols: ["h2"] });
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", () => resolve("closed"));
    socket.resume();
  });

describe("xDS over mutual TLS", () => {
  it("serves a real Envoy, refuses who has no certificate, and takes new ones as it runs", async () => {
    const [first, second] = [loopbackCertificate(), loopbackCertificate()];
    const proxy = selfSigned("proxy");
    const server = putPair("server", first);
    // Both are trusted, as while one takes over from the other.
    const caFile = put("ca.pem", first.certificate + second.certificate);
    const serin = await startSerin({
      store: "memory:",
      args: [
        ...["--xds-tls-cert", server.certFile, "--xds-tls-key", server.keyFile],
        ...["--xds-tls-client-ca", put("clients.pem", proxy.certificate)],
      ],
    });
    const envoys: Envoy[] = [];
    const join = async (nodeId: string): Promise<void> => {
      const tls = { caFile, client: putPair("proxy", proxy) };
      const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
      const bootstrap = envoyBootstrap({ nodeId, cluster: "edge", mode: "delta", servers, tls });
      const envoy = await startEnvoy({ bootstrap });
      envoys.push(envoy);
      await envoy.ready();
      await eventually(() => isConnected(serin, nodeId), { what: nodeId, timeoutMs: 10_000 });
    };
    try {
      await join("before");
      expect(await refusal(serin.xdsPort, first.certificate)).toMatch(/certificate required/);
      writeFileSync(server.certFile, "half a certifi");
      await eventually(() => /the old one stays/.test(serin.logs()), { what: "the complaint" });
      putPair("server", second);
      await eventually(() => /new certificate for xDS/.test(serin.logs()), { what: "the news" });
      await join("after");
      expect(await isConnected(serin, "before")).toBe(true);
      expect(serin.logs()).not.toContain("PRIVATE KEY");
    } finally {
      for (const envoy of envoys) await envoy.stop();
      await serin.stop();
    }
  });

  it("does not start with files that do not fit", async () => {
    const { certFile } = putPair("one", selfSigned("one"));
    const { keyFile } = putPair("two", selfSigned("two"));
    const args = ["--xds-tls-cert", certFile, "--xds-tls-key", keyFile];
    const serin = await startSerin({ store: "memory:", args, waitReady: false });
    await eventually(() => !serin.running, { what: "the end", timeoutMs: 10_000 });
    expect(serin.logs()).toMatch(/do not fit together/);
  });
});

describe("500 proxies that connect at once", () => {
  it("hold up no probe, and are all served", async () => {
    const serin = await startSerin({ store: "memory:" });
    const sessions = Array.from({ length: 500 }, () =>
      connectHttp2(`http://127.0.0.1:${serin.xdsPort}`),
    );
    let answered = 0;
    try {
      for (const [index, session] of sessions.entries()) {
        session.on("error", () => {});
        const stream = session.request({
          ":method": "POST",
          ":path": aggregated,
          "content-type": "application/grpc",
          te: "trailers",
        });
        stream.on("error", () => {});
        stream.once("data", () => {
          answered += 1;
        });
        stream.write(deltaRequest(CDS, `n${index}`));
      }
      const probes: number[] = [];
      await eventually(
        async () => {
          probes.push(await serin.status("/healthz"));
          return answered === sessions.length;
        },
        { what: "all to be answered", timeoutMs: 20_000 },
      );
      expect(new Set(probes)).toEqual(new Set([200]));
    } finally {
      for (const session of sessions) session.destroy();
      await serin.stop();
    }
  });
});
