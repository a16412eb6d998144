/**
 * Weights in motion over RTDS, in a real Envoy: shares follow without a route configuration, and no
 * request goes by the weights at rest, whatever happens in the middle of a release.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { ask, keptConnections } from "../support/asker.ts";
import { cli } from "../support/cli.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { startSerin } from "../support/serin.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

const stickyRoute = {
  hostnames: ["sticky"],
  rules: [
    {
      hashSplit: { headers: [{ name: "X-User-Id" }], salt: "web-7" },
      backendRefs: [{ name: "web" }],
    },
  ],
};

const users = Array.from({ length: 400 }, (_, n) => `user-${n}`);

interface Counts {
  readonly routes: number;
  readonly loads: number;
  readonly bytes: number;
}

async function countsOf(envoy: Envoy): Promise<Counts> {
  const stats = await envoy.stats(
    /rds\..*update_success|^runtime\.load_success|^cluster\.serin\.upstream_cx_rx_bytes_total/,
  );
  const sum = (part: string): number =>
    [...stats].reduce((total, [name, value]) => total + (name.includes(part) ? value : 0), 0);
  return {
    routes: sum("update_success"),
    loads: sum("runtime.load_success"),
    bytes: sum("rx_bytes_total"),
  };
}

const keysOf = async (envoy: Envoy): Promise<readonly string[]> => {
  const { body } = await envoy.admin("/runtime");
  const { entries } = JSON.parse(body) as { readonly entries: object };
  return Object.keys(entries)
    .filter((key) => key.startsWith("w."))
    .sort();
};

const loadOf = (port: number, host: string, total = 2_000) =>
  runLoad({ port, headers: { host }, total });

async function usersOfV2(port: number): Promise<ReadonlySet<string>> {
  const agent = keptConnections(8);
  const found = new Set<string>();
  for (const id of users) {
    const { headers } = await ask(agent, {
      port,
      headers: { host: "sticky", "x-user-id": id },
    });
    if (headers["x-served-by"] === "v2") found.add(id);
  }
  agent.destroy();
  return found;
}

describe.each(["delta", "sotw"] as const)("a release over the layer, %s ADS", (variant) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene({ variant });
    await scene.apply("routes/sticky", stickyRoute);
    await scene.apply("weights/web", { v1: 100, v2: 0 });
  });
  afterAll(() => scene.stop());

  it("changes weights and no route configuration", async () => {
    const { envoy, port } = scene;
    await scene.apply("weights/web", { v1: 90, v2: 10 });
    const keys = await keysOf(envoy);
    expect(keys.map((key) => key.split(".").at(-1))).toEqual(["web/v1", "web/v2"]);
    await expectShare(() => loadOf(port, "web"), "v2", 0.1);
    let before = await countsOf(envoy);
    let taken = await usersOfV2(port);
    expect(taken.size).toBeGreaterThan(20);
    for (const v2 of [20, 50]) {
      await scene.apply("weights/web", { v1: 100 - v2, v2 });
      const after = await countsOf(envoy);
      expect(after.routes).toBe(before.routes);
      expect(after.loads).toBe(before.loads + 1);
      expect(after.bytes - before.bytes).toBeLessThan(1_500);
      await expectShare(() => loadOf(port, "web"), "v2", v2 / 100);
      await expectShare(() => loadOf(port, "sticky"), "v2", 0);
      const now = await usersOfV2(port);
      expect([...taken].filter((id) => !now.has(id))).toEqual([]);
      expect(now.size).toBeGreaterThan(taken.size);
      before = await countsOf(envoy);
      taken = now;
    }
  });

  it("is waited for, told and explained as it is routed", async () => {
    const { envoy, port, servers } = scene;
    const [serin] = servers;
    const admin = ["--admin", `http://127.0.0.1:${serin?.adminPort}`];
    const before = await countsOf(envoy);
    const set = await cli(["weight", "set", "web", "v1=40", "v2=60", "--wait", ...admin]);
    expect(set).toMatchObject({ code: 0, err: "" });
    // Nothing more has to be waited for: Envoy has ACKed the layer.
    await expectShare(() => loadOf(port, "web"), "v2", 0.6);
    expect((await countsOf(envoy)).routes).toBe(before.routes);
    const explained = await cli(["explain", "web", ...admin]);
    expect(explained.out).toMatch(/web\/v1 +40 %/);
    expect(explained.out).toMatch(/web\/v2 +60 %/);
    const proxies = (await serin?.proxies()) ?? [];
    expect(proxies.flatMap(({ types }) => types)).toContainEqual(
      expect.objectContaining({ type: "RTDS", status: "SYNCED" }),
    );
    await scene.apply("weights/web", { v1: 50, v2: 50 });
  });

  it("ends with all in the routes, and no wrong answer on the way", async () => {
    const { envoy, port } = scene;
    const before = await countsOf(envoy);
    const load = startLoad({ port, headers: { host: "web" }, rate: 300 });
    await eventually(() => load.report().total > 300, { what: "load" });
    await scene.apply("weights/web", { v1: 0, v2: 100 });
    // Nothing that was under way at the time of the last ACK is among these.
    const { failures, byVersion } = await loadOf(port, "web");
    expect({ failures, byVersion }).toEqual({ failures: {}, byVersion: { v2: 2_000 } });
    expect((await load.stop()).failures).toEqual({});
    expect((await countsOf(envoy)).routes).toBeGreaterThan(before.routes);
  });

  it("an Envoy without the layer gets weights in routes", async () => {
    const [serin] = scene.servers;
    const { layered_runtime: _, ...bootstrap } = envoyBootstrap({
      nodeId: "plain-1",
      cluster: "edge",
      mode: variant,
      servers: [{ host: "127.0.0.1", port: serin?.xdsPort ?? 0 }],
    });
    // Both listen on the same port: the one with the layer has to go.
    await scene.envoy.stop();
    const envoy = await startEnvoy({ bootstrap });
    try {
      await envoy.ready();
      const port = await envoy.listenerPort("default/http");
      const before = await countsOf(envoy);
      await scene.apply("weights/web", { v1: 70, v2: 30 });
      expect((await countsOf(envoy)).routes).toBe(before.routes + 1);
      expect(await keysOf(envoy)).toEqual([]);
      await expectShare(() => loadOf(port, "web"), "v2", 0.3);
    } finally {
      await envoy.stop();
    }
  });
});

describe.each(["delta", "sotw"] as const)(
  "a restart in the middle of a release, %s ADS",
  (variant) => {
    it("sends no request by the weights at rest, which are all v1", async () => {
      const scene = await startScene({ variant });
      const first = scene.servers[0];
      if (first === undefined) throw new Error("no server");
      const bootstrap = envoyBootstrap({
        nodeId: "edge-2",
        cluster: "edge",
        mode: variant,
        servers: [{ host: "127.0.0.1", port: first.xdsPort }],
      });
      await scene.envoy.stop();
      const envoy = await startEnvoy({ bootstrap });
      try {
        for (const { version, port } of [scene.v1, scene.v2]) {
          const address = `127.0.0.1:${port}`;
          await scene.put(`endpoints/shop/${version}`, { address, version });
        }
        const canary = { v1: 1, v2: 99_999 };
        await scene.put("weights/shop", { v1: 0, v2: 100 });
        await scene.apply("weights/web", canary);
        await envoy.ready();
        const port = await envoy.listenerPort("default/http");
        const headers = (n: number) => ({ host: n % 2 === 0 ? "web" : "shop" });
        await first.kill();
        // One leaves the layer while the server is down, and the other one enters.
        await scene.put("weights/web", { v1: 0, v2: 100 });
        const revision = await scene.put("weights/shop", canary);
        const load = startLoad({ port, headers, rate: 300 });
        const second = await startSerin({
          store: `etcd://${scene.etcd.endpoint}`,
          gatewayPort: first.gatewayPort,
          // In the place of the first.
          args: ["--xds-listen", `127.0.0.1:${first.xdsPort}`],
        });
        try {
          await eventually(async () => (await second.proxies()).length > 0, {
            what: "the proxy to come back",
            timeoutMs: 10_000,
          });
          await second.applied(revision);
          const keys = await keysOf(envoy);
          expect(keys.map((key) => key.split(".").at(-1))).toEqual(["shop/v1", "shop/v2"]);
          const { failures, byVersion, total } = await load.stop();
          expect(failures).toEqual({});
          expect(total).toBeGreaterThan(100);
          expect(byVersion["v1"] ?? 0).toBeLessThan(5);
        } finally {
          await load.stop();
          await second.stop();
        }
      } finally {
        await envoy.stop();
        await scene.stop();
      }
    });
  },
);
