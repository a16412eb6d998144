import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createServer, type ServerHttp2Session } from "node:http2";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EnvoyBootstrapOptions, envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { startEnvoy, validateBootstrap } from "../support/envoy.ts";
import { freePorts } from "../support/ports.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

const shipped = (name: string): string =>
  readFileSync(new URL(`../../envoy/${name}`, import.meta.url), "utf8");

const base: EnvoyBootstrapOptions = {
  nodeId: "edge-1",
  cluster: "edge",
  mode: "delta",
  servers: [
    { host: "127.0.0.1", port: 18000 },
    { host: "127.0.0.1", port: 18100 },
  ],
};

describe("a real Envoy accepts", () => {
  let folder: string;
  beforeAll(() => {
    folder = freshFolder("tls");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["bootstrap-delta.yaml", "bootstrap-sotw.yaml"])("envoy/%s", async (name) => {
    expect(await validateBootstrap(shipped(name))).toBeUndefined();
  });

  it("two servers, by address and by name", async () => {
    expect(await validateBootstrap(envoyBootstrap(base))).toBeUndefined();
    const servers = [...base.servers, { host: "localhost", port: 18200 }];
    expect(await validateBootstrap(envoyBootstrap({ ...base, servers }))).toBeUndefined();
  });

  it("mutual TLS", async () => {
    const certFile = join(folder, "cert.pem");
    const keyFile = join(folder, "key.pem");
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-subj", "/CN=serin.local", "-days", "1", "-keyout", keyFile, "-out", certFile],
      ],
      { stdio: "pipe" },
    );
    const client = { certFile, keyFile };
    for (const serverName of ["serin.local", "127.0.0.1"]) {
      const tls = { caFile: certFile, serverName, client };
      expect(await validateBootstrap(envoyBootstrap({ ...base, tls }))).toBeUndefined();
    }
  });
});

describe("an Envoy with two servers", () => {
  it.each([
    ["delta", "DeltaAggregatedResources"],
    ["sotw", "StreamAggregatedResources"],
  ] as const)("goes to the other one when its own ends (%s)", async (mode, method) => {
    const ports = await freePorts(2);
    const servers = await Promise.all(ports.map(startSilentServer));
    const addresses = ports.map((port) => ({ host: "127.0.0.1", port }));
    const envoy = await startEnvoy({
      bootstrap: envoyBootstrap({ ...base, mode, servers: addresses }),
    });
    const first = await eventually(() => servers.find((server) => server.paths.length > 0), {
      what: "a stream",
    });
    first.end();
    const other = servers.find((server) => server !== first);
    await eventually(() => other?.paths.length === 1, { what: "a stream at the other server" });
    expect(other?.paths).toEqual([
      `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`,
    ]);
    await envoy.stop();
    other?.end();
  });
});

/** An xDS server that accepts streams and says nothing. */
async function startSilentServer(port: number) {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  const paths: string[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    // Load reports may go to any of the servers.
    if (path.includes("DiscoveryService")) paths.push(path);
    stream.on("error", () => undefined);
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const end = (): void => {
    server.close();
    for (const session of sessions) session.destroy();
  };
  return { paths, end };
}
