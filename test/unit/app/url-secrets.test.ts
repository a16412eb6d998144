/**
 * Whatever of a URL may be a secret is in nothing that people, other systems or the history are told. Everybody who
 * is asked answers with what they were sent.
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { startAdminServer } from "../../../src/admin/server.ts";
import { App } from "../../../src/app/app.ts";
import { startControl } from "../../../src/app/control.ts";
import { createPipelineObserver } from "../../../src/app/pipeline-observer.ts";
import { createXdsObserver } from "../../../src/app/xds-observer.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { outboxPrefix } from "../../../src/rollout/alert/outbox-entry.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { loopbackPort } from "../../support/access.ts";
import { unwrap } from "../../support/binaries.ts";
import { cli } from "../../support/cli.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { pass } from "../../support/settle.ts";
import { eventually } from "../../support/wait.ts";
import { value } from "../store/contract.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Parts of URLs, and a key: none of them may be anywhere. */
const canary = "CANARY";
const secretOf = (where: string): string => `${canary}-${where}`;

interface Received {
  readonly path: string;
  readonly body: string;
}

/** Refuses all with what it got, but for `/figure`, which has a bad figure, and one gate. */
async function echo(): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { url: path = "", headers } = request;
      received.push({ path, body });
      const isFine = /^\/(figure|confirm-)/.test(path);
      const error = `${path} ${decodeURIComponent(path)} ${JSON.stringify(headers)}`;
      response.writeHead(isFine ? 200 : 400);
      response.end(JSON.stringify(isFine ? { a: 9 } : { status: "error", error }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  return body;
}

function objects(url: string): Readonly<Record<string, unknown>> {
  const at = (path: string): string => `${url}${path}/${secretOf("path")}?key=${secretOf("query")}`;
  const alerts = [
    { severity: "info", webhook: { url: at("/alert"), secretEnv: "SERIN_ALERT_KEY" } },
    { severity: "info", webhook: { url: at("/chat"), format: "feishu" } },
  ];
  const headers = { authorization: secretOf("header") };
  const prometheus = { address: at("/prometheus"), query: "up", headers };
  const userinfo = url.replace("//", `//${secretOf("user")}:${secretOf("password")}@`);
  const guards = [
    { name: "prom", subset: "v3", provider: { prometheus }, failureCondition: "result > 1" },
    {
      name: "trips",
      subset: "v2",
      provider: { web: { url: at("/figure"), jsonPath: "$.a" } },
      failureCondition: "result > 1",
      onFailure: { latch: true, alerts },
    },
    {
      name: "web",
      subset: "v3",
      provider: { web: { url: at("/web"), jsonPath: "$.a" } },
      failureCondition: "result > 1",
    },
  ];
  const metrics = [
    { name: "errors", count: 1, provider: { prometheus }, successCondition: "result < 1" },
  ];
  const rollout = {
    strategy: {
      canary: {
        stableSubset: "v1",
        canarySubset: "v2",
        analysis: { metrics: [{ ...metrics[0], interval: "1s", consecutiveErrorLimit: 0 }] },
        steps: [{ setWeight: 5 }, { analysis: { metrics } }],
      },
    },
    alerts,
    webhooks: ["confirm-rollout", "event", "rollback"].map((type) => {
      return { name: type, type, url: at(`/${type}`) };
    }),
  };
  const versions = ["web", "shop"].flatMap((service) => [
    [`endpoints/${service}/a`, { address: "127.0.0.1:1", version: "v1" }],
    [`endpoints/${service}/b`, { address: "127.0.0.1:2", version: "v2" }],
    [`endpoints/${service}/c`, { address: "127.0.0.1:3", version: "v3" }],
    [`weights/${service}`, { v1: 90, v2: 10, v3: 0 }],
  ]);
  return {
    ...Object.fromEntries(versions),
    "services/web": { guard: guards },
    "rollouts/shop": rollout,
    "services/wrong": {
      guard: [
        { onFailure: { alerts: [{ webhook: { url: `${userinfo}/alert` } }] } },
        { provider: { prometheus: { address: userinfo, query: "up" } } },
        { onFailure: { alerts: [{ webhook: { url, secretEnv: secretOf("key") } }] } },
      ],
    },
    [`${outboxPrefix}by-hand`]: {
      ...{ service: "web", atMs: 1, severity: "info", title: "by hand", text: "" },
      webhook: { url: `${userinfo}/alert?key=${secretOf("query")}`, format: "generic" },
    },
  };
}

it("is told to nobody", async () => {
  const { url, received } = await echo();
  const seed = new Map(
    Object.entries(objects(url)).map(([key, object]) => [key, Buffer.from(JSON.stringify(object))]),
  );
  const store = new MemoryStore({ seed });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: "trace", destination });
  const metrics = createMetrics();
  const clock = new FakeClock();
  const app = new App({
    store,
    clock: systemClock,
    version: "0.0.0-test",
    controlPlane: "serin/test",
    defaultGateway: builtInGateway({ host: "127.0.0.1", port: 10_000 }),
    observer: { ...createXdsObserver(logger, metrics), ...createPipelineObserver(logger, metrics) },
  });
  closers.push(
    () => store.close(),
    () => app.close(),
  );
  await app.started;
  connectProxy(app.hub, { id: "edge-1" }).ackAll();
  const env = { SERIN_ALERT_KEY: secretOf("key") };
  const control = startControl({ store, name: "test", app, env, logger, metrics, clock });
  closers.push(async () => {
    const closing = control.close();
    await pass(clock, 1_000);
    await closing;
  });
  const admin = unwrap(await startAdminServer(app, loopbackPort(), metrics, logger));
  closers.push(() => admin.close());

  const asked = (path: string): boolean => received.some((each) => each.path.startsWith(path));
  const places = [
    "/prometheus",
    "/figure",
    "/web",
    "/alert",
    "/chat",
    "/event",
    "/confirm-rollout",
  ];
  await eventually(
    async () => {
      clock.advance(500);
      return places.every(asked);
    },
    { what: `questions to ${places.join(", ")}` },
  );
  await eventually(
    async () => {
      clock.advance(100);
      return lines.filter((line) => line.includes("alert not delivered")).length > 3;
    },
    { what: "alerts that were refused" },
  );
  await eventually(
    async () => {
      clock.advance(500);
      const status = value(await store.get("status/rollouts/shop"))?.value ?? "";
      return Buffer.from(status).toString().includes("InconclusiveAnalysisRun");
    },
    { what: "an analysis that cannot be made" },
  );
  const { host, port } = admin.address;
  const from = `http://${host}:${port}`;
  const paths = [
    ...["objects", "store", "diagnostics", "history", "proxies", "snapshot?bodies=true", "load"],
    ...["rollouts/web", "rollouts/shop", "rollouts/wrong", "history/web", "history/shop"],
    ...["explain?host=web", "weights/web", "load/reporters"],
  ].map((path) => `/v1/${path}`);
  const told = new Map<string, string>([["log", lines.join("")]]);
  for (const path of [...paths, "/metrics", "/readyz", "/healthz"]) {
    told.set(path, await (await fetch(from + path)).text());
  }
  for (const argv of [
    ["rollout", "get", "web"],
    ["rollout", "get", "shop"],
    ["history", "web"],
    ["status"],
  ]) {
    const { out, err } = await cli([...argv, "--admin", from]);
    told.set(argv.join(" "), out + err);
  }
  const written = value(await store.list(""));
  for (const [key, entry] of written.entries) {
    const isOfPeople = /^(services|rollouts)\//.test(key) || key.startsWith(outboxPrefix);
    if (!isOfPeople) told.set(key, Buffer.from(entry.value).toString());
  }
  for (const [index, { path, body }] of received.entries()) told.set(`${index} to ${path}`, body);

  expect(told.get("/v1/rollouts/web")).toContain("status 400, the query is refused: ");
  expect(told.get("/v1/rollouts/shop")).toContain("InconclusiveAnalysisRun");
  expect(told.get("/v1/rollouts/web")).toContain("latched");
  expect([...told.keys()].some((key) => key.startsWith("history/web/"))).toBe(true);
  const leaks = [...told].flatMap(([where, text]) => (text.includes(canary) ? [where] : []));
  expect(leaks).toEqual([]);
});
