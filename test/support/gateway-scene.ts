/** Two real Envoys with gateways of their own, before backends of HTTP, TCP and TLS. */
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { createServer as createTls } from "node:tls";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type CertificatePair, selfSigned } from "./certificates.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { openedParts } from "./opened.ts";
import { freePorts } from "./ports.ts";
import { type Serin, startSerin } from "./serin.ts";

export interface GatewayScene {
  readonly serin: Serin;
  /** Cluster `edge`: gateway `a`. */
  readonly a: Envoy;
  /** Metadata `stage` is `beta`: gateway `b`. */
  readonly b: Envoy;
  readonly ports: { readonly http: number; readonly tls: number; readonly tcp: number };
  readonly portOfB: number;
  readonly certificates: Readonly<Record<CertificateName, CertificatePair>>;
  /** Puts, and waits until both Envoys have applied it. */
  apply(content: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

type CertificateName = "wide" | "shop" | "client" | "behind";

const certificateNames: readonly CertificateName[] = ["wide", "shop", "client", "behind"];

const portOf = (server: Server | HttpServer): number => (server.address() as AddressInfo).port;

const listening = (server: Server): Promise<Server> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });

/** Answers with the headers of the request, and to an upgrade with what it is sent. */
const echoOfHttp = (version: string): Server =>
  createServer((request, response) => {
    response.end(JSON.stringify({ version, headers: request.headers }));
  }).on("upgrade", (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    );
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });

/** Tells its version to every connection. */
const greeterOfTcp = (version: string): Server =>
  createTcp((socket) => {
    socket.on("error", () => undefined);
    socket.end(version);
  });

const greeterOfTls = (version: string, { certificate, privateKey }: CertificatePair): Server =>
  createTls({ cert: certificate, key: privateKey }, (socket) => {
    socket.on("error", () => undefined);
    socket.end(version);
  });

function gateways(ports: GatewayScene["ports"], portOfB: number): Record<string, unknown> {
  const https = (name: string, hostname: string, more: object = {}): object => ({
    name,
    hostname,
    port: ports.tls,
    protocol: "HTTPS",
    services: "None",
    tls: { certificateRefs: [{ name: name === "wide" ? "wide" : "shop" }], ...more },
  });
  const frontendValidation = { caCertificateRefs: [{ name: "client" }] };
  return {
    "gateways/a": {
      nodeSelector: { cluster: "edge" },
      addresses: [{ value: "127.0.0.1" }],
      listeners: [
        { name: "all", port: ports.http, services: "None" },
        { name: "apart", port: ports.http, hostname: "apart.example", services: "None" },
        https("wide", "*.example"),
        https("shop", "shop.example"),
        https("people", "people.example", { frontendValidation }),
        {
          ...https("lost", "lost.example"),
          tls: { certificateRefs: [{ name: "lost" }] },
        },
        {
          name: "through",
          hostname: "*.through.test",
          port: ports.tls,
          protocol: "TLS",
          tls: { mode: "Passthrough" },
        },
        { name: "db", port: ports.tcp, protocol: "TCP" },
      ],
    },
    "gateways/b": {
      nodeSelector: { metadata: { stage: "beta" } },
      addresses: [{ value: "127.0.0.1" }],
      listeners: [{ name: "http", port: portOfB, services: ["other"] }],
    },
    "routes/web": {
      parentRefs: [{ name: "a" }],
      rules: [{ backendRefs: [{ name: "web" }] }],
    },
    "routes/apart": {
      parentRefs: [{ name: "a", sectionName: "all" }],
      hostnames: ["apart.example"],
      rules: [{ backendRefs: [{ name: "web" }] }],
    },
    "tcproutes/db": {
      parentRefs: [{ name: "a", sectionName: "db" }],
      rules: [{ backendRefs: [{ name: "db" }] }],
    },
    "tlsroutes/behind": {
      hostnames: ["a.through.test"],
      rules: [{ backendRefs: [{ name: "behind" }] }],
    },
    "lanes/gray": { header: "x-lane", entries: [{ gateway: "a", percent: 0 }] },
  };
}

export async function startGatewayScene(): Promise<GatewayScene> {
  const { opened, stop } = openedParts();
  const backend = async (server: Server): Promise<string> => {
    await listening(server);
    opened(server, (part) => new Promise((resolve) => part.close(resolve)));
    return `127.0.0.1:${portOf(server)}`;
  };
  try {
    const etcd = opened(await startEtcd(), (part) => part.stop());
    const certificates = Object.fromEntries(
      certificateNames.map((name) => [name, selfSigned(name)]),
    ) as Record<CertificateName, CertificatePair>;
    const [http = 0, tls = 0, tcp = 0, portOfB = 0] = await freePorts(4);
    const ports = { http, tls, tcp };
    const web = await backend(echoOfHttp("v1"));
    const behind = await backend(greeterOfTls("v1", certificates.behind));
    await putAll(etcd, {
      ...gateways(ports, portOfB),
      "endpoints/web/a": { address: web, version: "v1" },
      "endpoints/other/a": { address: web, version: "v1" },
      "endpoints/db/a": { address: await backend(greeterOfTcp("v1")), version: "v1" },
      "endpoints/db/b": { address: await backend(greeterOfTcp("v2")), version: "v2" },
      "weights/db": { v1: 90, v2: 10 },
      "endpoints/behind/a": { address: behind, version: "v1" },
      // The same instance, reached over TLS by the proxy itself.
      "endpoints/secure/a": { address: behind, version: "v1" },
      "services/secure": { tls: { ca: "behind" } },
      "secrets/behind": { ca: certificates.behind.certificate },
      "secrets/wide": certificates.wide,
      "secrets/shop": certificates.shop,
      "secrets/client": { ca: certificates.client.certificate },
    });
    const store = `etcd://${etcd.endpoint}`;
    const serin = opened(await startSerin({ store }), (part) => part.stop());
    const envoy = async (nodeId: string, cluster: string, stage: string): Promise<Envoy> => {
      const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
      const base = envoyBootstrap({ nodeId, cluster, mode: "delta", servers });
      const node = { id: nodeId, cluster, metadata: { stage } };
      return opened(await startEnvoy({ bootstrap: { ...base, node } }), (part) => part.stop());
    };
    const a = await envoy("a-1", "edge", "stable");
    const b = await envoy("b-1", "inner", "beta");
    await Promise.all([a.ready(), b.ready()]);
    const apply = async (content: Readonly<Record<string, unknown>>): Promise<void> =>
      serin.applied(await putAll(etcd, content));
    return { serin, a, b, ports, portOfB, certificates, apply, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Returns the last revision. */
async function putAll(etcd: Etcd, content: Readonly<Record<string, unknown>>): Promise<number> {
  let revision = 0;
  for (const [key, value] of Object.entries(content)) {
    await etcd.put(`/serin/${key}`, JSON.stringify(value));
    revision = (await etcd.get(`/serin/${key}`))?.modRevision ?? 0;
  }
  return revision;
}
