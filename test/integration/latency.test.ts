/**
 * How long requests to each version take, as a real Envoy tells it by the bootstrap that
 * `serin bootstrap --latency` prints, beside what it reports of their number. docs/load.md tells it to
 * people.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterJson, LoadJson } from "../../src/api/load.ts";
import type { ServiceFiguresJson } from "../../src/api/services.ts";
import { type EnvoyBootstrapOptions, envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { validateBootstrap } from "../support/envoy.ts";
import { runLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { eventually } from "../support/wait.ts";

const telling =
  (more: Pick<EnvoyBootstrapOptions, "latency" | "verdicts">) =>
  (_: object, servers: Scene["servers"]): object =>
    envoyBootstrap({
      nodeId: "edge-1",
      cluster: "edge",
      mode: "delta",
      servers: servers.map(({ xdsPort }) => ({ host: "127.0.0.1", port: xdsPort })),
      ...more,
    });

/** Envoy flushes its statistics every 5 s. */
const flushedMs = 20_000;

async function clusterOf({ servers }: Scene, cluster: string): Promise<ClusterJson | undefined> {
  const load = await servers[0]?.api<LoadJson>(`/v1/load?service=${cluster.split("/", 1)[0]}`);
  return load?.clusters.find((each) => each.cluster === cluster);
}

const latencyOf = (scene: Scene, cluster: string) =>
  eventually(async () => (await clusterOf(scene, cluster))?.latencyMs ?? undefined, {
    what: `the latency of ${cluster}`,
    timeoutMs: flushedMs,
  });

/** Ends of the bucket of Envoy that so many milliseconds are in, with room for a busy machine. */
const delays = { v1: 130, v2: 600 } as const;

it("is a bootstrap that a real Envoy accepts, with what it finds of instances or without", async () => {
  const servers = [{ host: "127.0.0.1", port: 18000 }];
  const options = { nodeId: "edge-1", cluster: "edge", mode: "sotw", servers } as const;
  for (const verdicts of [true, false]) {
    const bootstrap = envoyBootstrap({ ...options, verdicts, latency: true });
    expect(await validateBootstrap(bootstrap)).toBeUndefined();
  }
});

describe("latency", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene({ variant: "delta", bootstrap: telling({ latency: true }) });
    scene.v1.delay(delays.v1);
    scene.v2.delay(delays.v2);
    await scene.apply("weights/web", { v1: 50, v2: 50 });
  });
  afterAll(() => scene?.stop());

  it("is told by version, in the bucket of how long its instances take", async () => {
    await runLoad({ port: scene.port, headers: { host: "web" }, total: 60 });
    const v1 = await latencyOf(scene, "web/v1");
    expect(v1.p50).toBeGreaterThan(100);
    expect(v1.p50).toBeLessThanOrEqual(250);
    const v2 = await latencyOf(scene, "web/v2");
    expect(v2.p50).toBeGreaterThan(500);
    expect(v2.p50).toBeLessThanOrEqual(1_000);
    expect(v2.p99).toBeGreaterThanOrEqual(v2.p50);
  });

  it("stands in the figures over time, beside what Envoys report of their number", async () => {
    const figures = await eventually(
      async () => {
        const answer = await scene.servers[0]?.api<ServiceFiguresJson>("/v1/services/web/figures");
        return answer?.points
          .flatMap(({ versions }) => versions)
          .find(({ version, latencyMs }) => version === "v2" && latencyMs !== null);
      },
      { what: "a point with latency", timeoutMs: flushedMs },
    );
    expect(figures.latencyMs?.p50).toBeGreaterThan(500);
  });

  it("says nothing of instances: nobody has asked for that", async () => {
    const { reporters } =
      (await scene.servers[0]?.api<{ reporters: number }>("/v1/verdicts")) ?? {};
    expect(reporters).toBe(0);
  });
});

describe("latency of a version that another one stands in for", () => {
  it("is told beside what its Envoy finds of instances", async () => {
    const bootstrap = telling({ latency: true, verdicts: true });
    const scene = await startScene({ variant: "delta", bootstrap });
    try {
      scene.v2.delay(delays.v2);
      const subsets = [{ name: "v1" }, { name: "v2", fallback: "v1" }];
      await scene.put("services/web", { subsets, healthCheck: { interval: "1s" } });
      await scene.apply("weights/web", { v1: 0, v2: 100 });
      await eventually(
        async () => {
          const report = await runLoad({ port: scene.port, headers: { host: "web" }, total: 4 });
          return report.byVersion["v2"] === 4;
        },
        { what: "requests that v2 answers", timeoutMs: 10_000 },
      );
      await runLoad({ port: scene.port, headers: { host: "web" }, total: 40 });
      const { p50 } = await latencyOf(scene, "web/v2");
      expect(p50).toBeGreaterThan(500);
      await eventually(
        async () =>
          (await scene.servers[0]?.api<{ reporters: number }>("/v1/verdicts"))?.reporters === 1,
        { what: "a proxy that tells what it finds", timeoutMs: flushedMs },
      );
    } finally {
      await scene.stop();
    }
  });
});
