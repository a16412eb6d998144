import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { askOnce } from "../support/ask-once.ts";
import { type RawLab, startRawLab } from "../support/raw-lab.ts";
import {
  ads,
  alone,
  assignmentTo,
  edsCluster,
  hosts,
  listener,
  manager,
  routeTo,
} from "../support/raw-resources.ts";
import { eventually } from "../support/wait.ts";

/**
 * The everyday way of the four main types in a real Envoy, over every variant and kind of stream.
 * The other types have the same matrix in raw-envoy.test.ts, VHDS and ODCDS in protocol.test.ts.
 */
const matrix = [
  { how: "ADS, delta", variant: "delta", source: ads },
  { how: "ADS, state of the world", variant: "sotw", source: ads },
  { how: "a service for each type, delta", variant: "delta", source: alone("DELTA_GRPC") },
  { how: "a service for each type, state of the world", variant: "sotw", source: alone("GRPC") },
] as const;

const split = (v1: number, v2: number): object =>
  hosts(
    routeTo({
      route: {
        weighted_clusters: {
          clusters: [
            { name: "v1", weight: v1 },
            { name: "v2", weight: v2 },
          ],
        },
      },
    }),
  );

describe.each(matrix)("traffic by $how", ({ variant, source }) => {
  let lab: RawLab;
  let first: Backend;
  let second: Backend;
  let port: number;

  beforeAll(async () => {
    first = await startBackend({ version: "first" });
    second = await startBackend({ version: "second" });
    const byRds = manager({ rds: { config_source: source, route_config_name: "routes" } });
    lab = await startRawLab({
      variant,
      bootstrap: {
        dynamic_resources: dynamicResources(variant, source),
        // The layer of the ordinary bootstrap comes over ADS.
        layered_runtime: { layers: [] },
      },
      content: {
        "resources/*/clusters/v1": edsCluster(source),
        "resources/*/clusters/v2": edsCluster(source),
        "resources/*/endpoints/v1": assignmentTo(first.port),
        "resources/*/endpoints/v2": assignmentTo(second.port),
        "resources/*/listeners/front": listener(byRds),
        "resources/*/routes/routes": split(100, 0),
      },
    });
    port = await lab.envoy.listenerPort("front");
  });
  afterAll(async () => {
    await lab?.stop();
    await first?.close();
    await second?.close();
  });

  const become = (version: string): Promise<unknown> =>
    eventually(async () => (await askOnce(port)).includes(`"version":"${version}"`), {
      what: `traffic to ${version}`,
    });

  it("is served, and the server's name is shown", async () => {
    await become("first");
    const { body } = await lab.envoy.admin("/stats?filter=control_plane.identifier");
    expect(body).toContain("serin test");
  });

  it("follows weights and endpoints", async () => {
    await lab.put({ "resources/*/routes/routes": split(0, 100) });
    await become("second");
    await lab.put({ "resources/*/endpoints/v2": assignmentTo(first.port) });
    await become("first");
  });

  it("has a cluster's change in use at once", async () => {
    await lab.put({ "resources/*/clusters/v2": edsCluster(source, "7s") });
    await eventually(
      async () => JSON.stringify(await lab.envoy.configDump()).includes('"connect_timeout":"7s"'),
      { what: "the new timeout" },
    );
    // Envoy gives up on an assignment only after 15 s.
    await eventually(
      async () =>
        (await lab.envoy.stats("cluster_manager.warming_clusters")).get(
          "cluster_manager.warming_clusters",
        ) === 0,
      { what: "the cluster to be warm" },
    );
    await become("first");
  });

  it("goes on after a rejection, and with what mends it", async () => {
    const nameless = { ...edsCluster(source), lb_policy: "RING_HASH" };
    const ring = { minimum_ring_size: 2_048, maximum_ring_size: 1_024 };
    await lab.put({ "resources/*/clusters/v3": { ...nameless, ring_hash_lb_config: ring } });
    const rejected = async (): Promise<number> =>
      (await lab.envoy.stats("cluster_manager.cds.update_rejected")).get(
        "cluster_manager.cds.update_rejected",
      ) ?? 0;
    await eventually(async () => (await rejected()) > 0, { what: "the rejection" });
    await become("first");
    const count = await rejected();
    await lab.put({
      "resources/*/clusters/v3": edsCluster(source),
      "resources/*/endpoints/v3": assignmentTo(second.port),
    });
    await lab.put({
      "resources/*/routes/routes": hosts(routeTo({ route: { cluster: "v3" } })),
    });
    await become("second");
    expect(await rejected()).toBe(count);
  });
});

function dynamicResources(variant: "delta" | "sotw", source: object): object {
  const api_type = variant === "delta" ? "DELTA_GRPC" : "GRPC";
  const { api_config_source } = alone(api_type) as { readonly api_config_source: object };
  const isAds = source === ads;
  return {
    ...(isAds && { ads_config: api_config_source }),
    cds_config: source,
    lds_config: source,
  };
}
