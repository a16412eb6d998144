import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { ask, type HttpReply, keptConnections } from "../support/asker.ts";
import { type EchoBackend, type EchoReply, startEchoBackend } from "../support/echo-backend.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { freePorts } from "../support/ports.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";
import { attachmentRows } from "./conformance/attachment-rows.ts";
import { filterRows } from "./conformance/filter-rows.ts";
import { matchingRows } from "./conformance/matching-rows.ts";
import type { Asked, Row } from "./conformance/row.ts";

const rows: readonly Row[] = [...matchingRows, ...filterRows, ...attachmentRows];
const backendNames = ["v1", "v2", "v3"] as const;

/** Listeners by name, with the name of the port on which each is. */
const listeners = {
  http: { port: "http" },
  other: { port: "other" },
  "grpc-only": { port: "grpc", allowedRoutes: { kinds: [{ kind: "GRPCRoute" }] } },
  specific: { port: "names", hostname: "very.specific.com" },
  wildcard: { port: "names", hostname: "*.wildcard.io" },
  "host-bar": { port: "hosts", hostname: "bar.com" },
  "host-foo-bar": { port: "hosts", hostname: "foo.bar.com" },
  "host-any-bar": { port: "hosts", hostname: "*.bar.com" },
} as const;

const portNames = ["http", "other", "grpc", "names", "hosts"] as const;

describe("the Gateway API's conformance behaviours of HTTPRoute", () => {
  let etcd: Etcd;
  let serin: Serin;
  let envoy: Envoy;
  const backends = new Map<string, EchoBackend>();
  const ports = new Map<string, number>();
  const agent = keptConnections(8);

  const write = async (objects: Row["objects"], isPresent: boolean): Promise<void> => {
    const http = etcdHttp(etcd.endpoint);
    let revision = 0n;
    for (const [key, value] of Object.entries(objects)) {
      const text = JSON.stringify(value).replaceAll('"{other}"', String(ports.get("other")));
      revision = await http.txn([[`/serin/${key}`, isPresent ? text : undefined]]);
    }
    await serin.applied(revision);
  };

  beforeAll(async () => {
    etcd = await startEtcd();
    const free = await freePorts(portNames.length);
    for (const [i, name] of portNames.entries()) ports.set(name, free[i] ?? 0);
    for (const name of backendNames) backends.set(name, await startEchoBackend(name));
    serin = await startSerin({ store: `etcd://${etcd.endpoint}` });
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = envoyBootstrap({ nodeId: "e", cluster: "edge", mode: "delta", servers });
    envoy = await startEnvoy({ bootstrap });
    await write(
      {
        ...Object.fromEntries(
          [...backends].map(([name, { port }]) => [
            `endpoints/${name}/a`,
            { address: `127.0.0.1:${port}` },
          ]),
        ),
        "gateways/edge": {
          listeners: Object.entries(listeners).map(([name, { port, ...more }]) => ({
            name,
            protocol: "HTTP",
            address: "127.0.0.1",
            services: "None",
            ...more,
            port: ports.get(port),
          })),
        },
      },
      true,
    );
    await envoy.ready();
    const shared = ["names", "hosts"].map((name) => `127.0.0.1:${ports.get(name)}`);
    for (const name of ["http", "other", "grpc-only", ...shared]) {
      await envoy.listenerPort(`edge/${name}`);
    }
  });

  afterAll(async () => {
    agent.destroy();
    await envoy?.stop();
    await serin?.stop();
    for (const backend of backends.values()) await backend.close();
    await etcd?.stop();
  });

  const portOf = ({ listener = "http" }: Asked): number => {
    const name = listeners[listener as keyof typeof listeners].port;
    return ports.get(name) ?? 0;
  };

  const check = async (asked: Asked, reply: HttpReply, before: ReadonlyMap<string, number>) => {
    const { expect: wanted } = asked;
    const about = `${asked.method ?? "GET"} ${asked.host ?? ""} ${asked.path ?? "/"} ${JSON.stringify(asked.headers ?? {})}`;
    expect(reply.status, about).toBe(wanted.status ?? 200);
    const echo = (
      reply.status === 200 && reply.body !== "" ? JSON.parse(reply.body) : {}
    ) as Partial<EchoReply>;
    if (wanted.backend !== undefined) expect(echo.backend, about).toBe(wanted.backend);
    if (wanted.path !== undefined) expect(echo.path, about).toBe(wanted.path);
    if (wanted.host !== undefined) expect(echo.host, about).toBe(wanted.host);
    for (const [name, value] of Object.entries(wanted.requestHeaders ?? {})) {
      expect(echo.headers?.[name], `${about}: ${name}`).toBe(value);
    }
    for (const [name, value] of Object.entries(wanted.responseHeaders ?? {})) {
      const port = String(portOf(asked));
      const got = reply.headers[name];
      const text = got === undefined ? undefined : [got].flat().join(", ");
      expect(text, `${about}: ${name}`).toBe(value?.replace("{port}", port));
    }
    for (const name of wanted.mirroredTo ?? []) {
      const copies = () => (backends.get(name)?.received.length ?? 0) > (before.get(name) ?? 0);
      await eventually(copies, { what: `the copy of ${about} at ${name}` });
    }
  };

  it.each(rows.map((row) => [row.test, row] as const))("%s", async (_, row) => {
    await write(row.objects, true);
    try {
      for (const asked of row.requests) {
        const { method = "GET", host = "any.test", path = "/", headers = {} } = asked;
        const before = new Map([...backends].map(([name, each]) => [name, each.received.length]));
        const sent = { host, ...headers };
        const reply = await ask(agent, { port: portOf(asked), method, path, headers: sent });
        await check(asked, reply, before);
      }
    } finally {
      await write(row.objects, false);
    }
  });

  it("upgrades to WebSocket (HTTPRouteBackendProtocolWebSocket)", async () => {
    await write(
      { "routes/r": { hostnames: ["ws.test"], rules: [{ backendRefs: [{ name: "v1" }] }] } },
      true,
    );
    expect(await upgraded(ports.get("http") ?? 0, "ws.test", "ping")).toBe("v1:ping");
  });

  it("are all named in docs/conformance.md, those without a row with a reason", () => {
    const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
    // The formatter fills the columns up.
    for (const { test } of rows) expect(page, test).toContain(`| ${test} `);
  });
});

/** Sends `text` over an upgraded connection and returns what comes back. */
function upgraded(port: number, host: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host, connection: "Upgrade", upgrade: "websocket" };
    const call = request({ host: "127.0.0.1", port, path: "/", headers, timeout: 5_000 });
    call.once("upgrade", (_response, socket) => {
      socket.once("data", (chunk: Buffer) => {
        resolve(chunk.toString());
        socket.destroy();
      });
      socket.write(text);
    });
    call.once("response", (response) => reject(new Error(`answered ${response.statusCode}`)));
    call.once("timeout", () => call.destroy(new Error("no answer")));
    call.once("error", reject);
    call.end();
  });
}
