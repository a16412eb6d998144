import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { freePort } from "../support/ports.ts";
import { type RawLab, startRawLab } from "../support/raw-lab.ts";
import { configOf, StatusClient, wordsOf } from "../support/status-client.ts";
import { eventually } from "../support/wait.ts";

/** Client status (CSDS) of a real Envoy, held against what that Envoy itself says. */

const cluster = (more: object = {}) => ({
  name: "raw",
  type: "STATIC",
  connect_timeout: "1s",
  ...more,
});

/** Envoy takes no negative time: it is known to the proto, and refused by the validation. */
const bad = { outlier_detection: { interval: "0s" } };

interface DynamicCluster {
  readonly version_info: string;
  readonly cluster: { readonly name: string; readonly connect_timeout?: string };
}

describe.each(["delta", "sotw"] as const)("client status of a real Envoy in %s", (variant) => {
  let lab: RawLab;
  let status: StatusClient;

  beforeAll(async () => {
    const port = await freePort();
    lab = await startRawLab({
      variant,
      content: {
        "endpoints/web/a": { address: "127.0.0.1:1", version: "v1" },
        "gateways/edge": {
          nodeSelector: { cluster: "edge" },
          listeners: [{ name: "http", port, address: "127.0.0.1", protocol: "HTTP" }],
        },
        "resources/edge/clusters/raw": cluster(),
      },
    });
    status = new StatusClient(lab.xdsPort);
  });
  afterAll(async () => {
    status.close();
    await lab.stop();
  });

  const statusOf = async (name = "raw") => configOf(await status.fetch(), typeUrls.cluster, name);

  const untilIs = (word: string) =>
    eventually(async () => (await statusOf())?.config_status === word, { what: word });

  it("is synced, with the versions that Envoy shows itself", async () => {
    await eventually(
      async () => {
        const words = wordsOf(await status.fetch());
        expect(new Set(Object.values(words))).toEqual(new Set(["SYNCED ACKED"]));
        expect(Object.keys(words)).toEqual(
          expect.arrayContaining(["Cluster raw", "Cluster web/v1", "Listener edge/http"]),
        );
        return true;
      },
      { what: "all to be synced" },
    );
    const answer = await status.fetch();
    const { node } = answer.config?.[0] ?? {};
    expect(node).toMatchObject({ id: "edge-1", cluster: "edge", user_agent_name: "envoy" });
    expect(node?.["user_agent_version"]).toMatch(/^1\.\d+\.\d+$/);
    const [dumped] = await dynamicClusters(lab);
    expect(dumped).toBeDefined();
    for (const { version_info, cluster: own } of await dynamicClusters(lab)) {
      const told = configOf(answer, typeUrls.cluster, own.name);
      expect(told).toMatchObject({
        version_info,
        xds_config: { name: own.name },
      });
    }
  });

  it("is an error with Envoy's own words after a bad resource, and synced when that is mended", async () => {
    await lab.put({ "resources/edge/clusters/raw": cluster(bad) });
    await untilIs("ERROR");
    const rejected = await statusOf();
    expect(rejected).toMatchObject({ client_status: "NACKED" });
    expect(rejected?.error_state?.details).toMatch(/interval/i);
    expect(rejected?.xds_config).toMatchObject({ name: "raw", outlier_detection: {} });
    // What was not in the rejected response stays as it is.
    expect(await statusOf("web/v1")).toMatchObject({ config_status: "SYNCED" });
    await lab.put({ "resources/edge/clusters/raw": cluster({ connect_timeout: "2s" }) });
    await untilIs("SYNCED");
    expect(await statusOf()).not.toHaveProperty("error_state");
    const raw = (await dynamicClusters(lab)).find((each) => each.cluster.name === "raw");
    expect(raw?.cluster.connect_timeout).toBe("2s");
    expect((await statusOf())?.version_info).toBe(raw?.version_info);
  });

  it("is gone with the proxy", async () => {
    await lab.envoy.stop();
    await eventually(async () => (await status.fetch()).config === undefined, {
      what: "nobody",
    });
  });
});

async function dynamicClusters({ envoy }: RawLab): Promise<readonly DynamicCluster[]> {
  const { body } = await envoy.admin("/config_dump?resource=dynamic_active_clusters");
  const { configs } = JSON.parse(body) as { readonly configs: readonly DynamicCluster[] };
  return configs;
}
