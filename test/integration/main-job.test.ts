import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

const headers = { host: "web" };
const requests = 2_000;

describe.each(["delta", "sotw"] as const)("the main job over %s ADS", (variant) => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene({ variant });
  });
  afterAll(() => scene?.stop());

  it.each([
    { v1: 90, v2: 10 },
    { v1: 50, v2: 50 },
    { v1: 0, v2: 100 },
  ])("splits by $v1/$v2 after one put into etcd", async (weights) => {
    await scene.apply("weights/web", weights);
    const measure = () => runLoad({ port: scene.port, headers, total: requests });
    await expectShare(measure, "v2", weights.v2 / (weights.v1 + weights.v2));
  });

  it("fails no request while weights change 50 times under load", async () => {
    const load = startLoad({ port: scene.port, headers, rate: 600 });
    for (let change = 1; change <= 50; change += 1) {
      await scene.apply("weights/web", { v1: 100 - 2 * change, v2: 2 * change });
    }
    const report = await load.stop();
    expect(report.failures).toEqual({});
    expect(report.rate).toBeGreaterThanOrEqual(500);
  });

  it("fails no request while a version comes and goes 20 times under load", async () => {
    const load = startLoad({ port: scene.port, headers, rate: 300 });
    for (let round = 0; round < 20; round += 1) {
      const version = `v3-${round}`;
      const address = `127.0.0.1:${scene.v2.port}`;
      await scene.apply(`endpoints/web/extra`, { address, version });
      await scene.apply("weights/web", { v1: 50, [version]: 50 });
      await scene.apply("weights/web", { v1: 50, v2: 50 });
    }
    const report = await load.stop();
    expect(report.failures).toEqual({});
  });

  const nobodyServesV2 = async (): Promise<boolean> => {
    const { cluster_statuses = [] } = await scene.envoy.clusters();
    const v2 = cluster_statuses.find(({ name }) => name === "web/v2");
    return (v2?.host_statuses ?? []).every(
      ({ health_status }) => health_status["eds_health_status"] === "DRAINING",
    );
  };

  it.each([
    ["drained by weight 0", { weight: 0 }],
    ["deleted", undefined],
  ])("fails no request while the only instance of a weighted version is %s", async (_, change) => {
    const b = { address: `127.0.0.1:${scene.v2.port}`, version: "v2" };
    await scene.apply("weights/web", { v1: 50, v2: 50 });
    const load = startLoad({ port: scene.port, headers, rate: 600 });
    for (let round = 0; round < 15; round += 1) {
      if (change === undefined) await scene.remove("endpoints/web/b");
      else await scene.apply("endpoints/web/b", { ...b, ...change });
      // Now and then as long as it takes until Envoy, too, has no usable instance of v2 any more.
      if (round % 5 === 0) await eventually(nobodyServesV2, { what: "v2 to be empty in Envoy" });
      await scene.apply("endpoints/web/b", b);
    }
    const report = await load.stop();
    expect(report.failures).toEqual({});
  });

  it("takes a changed cluster into use at once: its load assignment comes again", async () => {
    await scene.apply("services/web", { timeouts: { connect: "2s" } });
    const stats = await scene.envoy.stats(/warming_clusters|update_rejected/);
    expect(stats.get("cluster_manager.warming_clusters")).toBe(0);
    const dump = JSON.stringify(await scene.envoy.configDump());
    expect(dump).toContain('"connect_timeout":"2s"');
  });

  it("is shown as synced", async () => {
    const [server] = scene.servers;
    const [proxy] = (await server?.proxies()) ?? [];
    expect(proxy).toMatchObject({ node: "edge-1", variant });
    expect(proxy?.types.map(({ type, status }) => `${type} ${status}`)).toEqual([
      "CDS SYNCED",
      "EDS SYNCED",
      "RTDS SYNCED",
      "LDS SYNCED",
      "RDS SYNCED",
    ]);
  });
});
