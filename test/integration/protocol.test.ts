import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { askOnce } from "../support/ask-once.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/ports.ts";
import { type RawLab, startRawLab } from "../support/raw-lab.ts";
import {
  ads,
  alone,
  answer,
  assignmentTo,
  edsCluster,
  extensions,
  hosts,
  listener,
  manager,
  routeTo,
} from "../support/raw-resources.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

/** What of the protocol is not in the everyday way: times to live, hosts and clusters on demand. */

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(["delta", "sotw"] as const)("a time to live, %s", (mode) => {
  let serin: Serin;
  let envoy: Envoy;
  const ttlMs = 2_000;

  beforeAll(async () => {
    const folder = freshFolder("ttl");
    const put = (key: string, value: object): void => {
      const file = join(folder, `${key.replace("*", "all")}.json`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(value));
    };
    const routed = manager({ rds: { config_source: ads, route_config_name: "short" } });
    const snapshot = {
      resources: [
        { type: "lds", ttl: "2s", resource: { name: "short", ...listener(routed) } },
        { type: "lds", resource: { name: "long", ...listener(routed) } },
        { type: "rds", ttl: "2s", resource: { name: "short", ...hosts(routeTo(answer("here"))) } },
        {
          type: "cds",
          ttl: "2s",
          resource: { name: "short", type: "STATIC", connect_timeout: "1s" },
        },
      ],
    };
    put("snapshots/edge-1", snapshot);
    serin = await startSerin({ store: `memory:${folder}` });
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = envoyBootstrap({ nodeId: "edge-1", cluster: "edge", mode, servers });
    envoy = await startEnvoy({ bootstrap });
    await envoy.ready();
  });
  afterAll(async () => {
    await envoy?.stop();
    await serin?.stop();
  });

  const listeners = async (): Promise<string> => (await envoy.listeners()).toSorted().join(" ");
  const clusters = async (): Promise<readonly string[]> =>
    ((await envoy.clusters()).cluster_statuses ?? []).map(({ name }) => name);

  it("is no end for what is told of again", async () => {
    const port = await envoy.listenerPort("long");
    await pause(2.5 * ttlMs);
    expect(await listeners()).toBe("long short");
    expect(await clusters()).toContain("short");
    expect(await askOnce(port)).toBe("200 here");
    for (const [name, count] of await envoy.stats(/update_rejected/)) {
      expect([name, count]).toEqual([name, 0]);
    }
    expect(serin.logs()).not.toContain("rejected by the proxy");
  });

  it("ends where nothing is heard, and what has none stays; all is back afterwards", async () => {
    process.kill(serin.pid, "SIGSTOP");
    try {
      await eventually(async () => (await listeners()) === "long", {
        what: "the listener to go",
        timeoutMs: 2 * ttlMs + 1_000,
      });
      await eventually(async () => !(await clusters()).includes("short"), {
        what: "the cluster to go",
      });
    } finally {
      process.kill(serin.pid, "SIGCONT");
    }
    await eventually(async () => (await listeners()) === "long short", {
      what: "the listener to be back",
      timeoutMs: 15_000,
    });
    await eventually(async () => (await clusters()).includes("short"), { what: "the cluster" });
    const port = await envoy.listenerPort("long");
    await eventually(async () => (await askOnce(port)) === "200 here", { what: "an answer" });
  });
});

const onDemand = (of: object = {}): object => ({
  name: "on_demand",
  typed_config: { "@type": `${extensions}.filters.http.on_demand.v3.OnDemand`, ...of },
});

const vhdsSources = [
  { how: "ADS", source: ads },
  { how: "a stream of its own", source: alone("DELTA_GRPC") },
];

describe.each(vhdsSources)("virtual hosts on demand over $how", ({ source }) => {
  const hostOf = (name: string, ...domains: readonly string[]): object => ({
    domains,
    routes: [routeTo(answer(name))],
  });
  const byRoute = (route_config_name: string): object =>
    listener(manager({ rds: { config_source: ads, route_config_name } }, [onDemand()]));
  const discovered = { vhds: { config_source: source } };
  let lab: RawLab;
  let port: number;

  beforeAll(async () => {
    lab = await startRawLab({
      variant: "delta",
      content: {
        "resources/*/listeners/l": byRoute("r"),
        "resources/*/routes/r": discovered,
        "resources/*/virtual-hosts/r/a": hostOf(
          "a",
          "a.example",
          "Alias.example",
          "*.wild.example",
        ),
      },
    });
    port = await lab.envoy.listenerPort("l");
  });
  afterAll(() => lab?.stop());

  const ask = (host: string, at = port): Promise<string> => askOnce(at, { host });

  it("serves a host by its domain, by another one, and by a wildcard", async () => {
    expect(lab.app.diagnostics()).toEqual([]);
    expect(await ask("a.example")).toBe("200 a");
    expect(await ask("alias.example")).toBe("200 a");
    expect(await ask("deep.wild.example")).toBe("200 a");
  });

  it("answers 404 at once for an unknown host, and serves it once it is there", async () => {
    const startedAt = performance.now();
    expect(await ask("b.example")).toBe("404 ");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await lab.put({ "resources/*/virtual-hosts/r/b": hostOf("b", "b.example") });
    await eventually(async () => (await ask("b.example")) === "200 b", { what: "the new host" });
    expect(await ask("a.example")).toBe("200 a");
  });

  it("serves a host no longer that was removed", async () => {
    await lab.put({ "resources/*/virtual-hosts/r/b": undefined });
    await eventually(async () => (await ask("b.example")) === "404 ", { what: "the host to go" });
  });

  it("brings the hosts of a route configuration that comes after them", async () => {
    await lab.put({ "resources/*/virtual-hosts/q/c": hostOf("c", "c.example") });
    await lab.put({ "resources/*/routes/q": discovered, "resources/*/listeners/m": byRoute("q") });
    const at = await lab.envoy.listenerPort("m", 5_000);
    expect(await ask("c.example", at)).toBe("200 c");
    expect(await ask("a.example", at)).toBe("404 ");
  });

  it("lets a listener open whose route configuration has no host at all", async () => {
    await lab.put({ "resources/*/routes/z": discovered, "resources/*/listeners/z": byRoute("z") });
    const at = await lab.envoy.listenerPort("z", 5_000);
    expect(await ask("a.example", at)).toBe("404 ");
  });

  it("goes on after a reconnect: what came and went meanwhile, and what is unknown", async () => {
    for (const stream of lab.app.hub.streams) {
      stream.end({ code: "unavailable", message: "test" });
    }
    await lab.put({
      "resources/*/virtual-hosts/r/a": undefined,
      "resources/*/virtual-hosts/r/d": hostOf("d", "d.example"),
    });
    await eventually(async () => (await ask("d.example")) === "200 d", {
      what: "the new host",
      timeoutMs: 10_000,
    });
    expect(await ask("a.example")).toBe("404 ");
    expect(await ask("unknown.example")).toBe("404 ");
    for (const [name, count] of await lab.envoy.stats(/update_rejected/)) {
      expect([name, count]).toEqual([name, 0]);
    }
  });
});

const odcdsSources = [
  { how: "ADS", source: ads },
  { how: "a stream of its own", source: alone("DELTA_GRPC") },
];

describe.each(odcdsSources)("clusters on demand over $how", ({ source }) => {
  let lab: RawLab;
  let backend: Backend;
  let port: number;

  beforeAll(async () => {
    backend = await startBackend({ version: "v1" });
    const byHeader = hosts(routeTo({ route: { cluster_header: "x-cluster" } }));
    lab = await startRawLab({
      variant: "delta",
      content: {
        "gateways/edge": {
          nodeSelector: { cluster: "edge" },
          listeners: [{ name: "http", address: "127.0.0.1", port: await freePort() }],
        },
        "resources/edge/listeners/l": listener(
          manager({ route_config: byHeader }, [onDemand({ odcds: { source, timeout: "5s" } })]),
        ),
      },
    });
    port = await lab.envoy.listenerPort("l");
  });
  afterAll(async () => {
    await lab?.stop();
    await backend?.close();
  });

  const ask = (cluster: string): Promise<string> => askOnce(port, { "x-cluster": cluster });

  it("answers 503 at once for one that is not there", async () => {
    const startedAt = performance.now();
    expect(await ask("later")).toMatch(/^503 /);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("serves one that comes later, and no longer one that goes", async () => {
    await lab.put({
      "resources/edge/clusters/later": edsCluster(ads),
      "resources/edge/endpoints/later": assignmentTo(backend.port),
    });
    await eventually(async () => (await ask("later")).includes('"version":"v1"'), {
      what: "the new cluster",
    });
    await lab.put({
      "resources/edge/clusters/later": undefined,
      "resources/edge/endpoints/later": undefined,
    });
    await eventually(async () => (await ask("later")).startsWith("503 "), {
      what: "the cluster to go",
      timeoutMs: 10_000,
    });
  });
});
