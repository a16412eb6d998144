/** Client status of a real Envoy as `serin serve` gives it: to those that `--csds` says, and counted. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { configOf, StatusClient } from "../support/status-client.ts";
import { eventually } from "../support/wait.ts";

async function counted({ servers }: Scene): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${servers[0]?.adminPort}/metrics`);
  const lines = (await response.text()).matchAll(
    /^serin_csds_requests_total\{code="(\w+)"\} (\d+)$/gm,
  );
  return Object.fromEntries([...lines].map(([, code = "", count]) => [code, Number(count)]));
}

describe.each([
  ["by default", []],
  ["with --csds loopback", ["--csds", "loopback"]],
])("serin serve %s", (_, serinArgs) => {
  let scene: Scene;
  let status: StatusClient;

  beforeAll(async () => {
    scene = await startScene({ variant: "delta", serinArgs });
    status = new StatusClient(scene.servers[0]?.xdsPort ?? 0);
  });
  afterAll(async () => {
    status?.close();
    await scene?.stop();
  });

  it("tells who asks from loopback what an Envoy runs, and counts it", async () => {
    const told = await eventually(
      async () => {
        const config = configOf(await status.fetch(), typeUrls.cluster, "web/v1");
        return config?.config_status === "SYNCED" ? config : undefined;
      },
      { what: "a cluster in sync" },
    );
    expect(told).toMatchObject({ client_status: "ACKED", xds_config: { name: "web/v1" } });
    const codes = await counted(scene);
    expect(Object.keys(codes)).toEqual(["ok"]);
    expect(codes["ok"]).toBeGreaterThan(0);
  });
});

describe("serin serve --csds off", () => {
  it("has no such service", async () => {
    const scene = await startScene({ variant: "delta", serinArgs: ["--csds", "off"] });
    const status = new StatusClient(scene.servers[0]?.xdsPort ?? 0);
    try {
      await expect(status.fetch()).rejects.toThrow(/UNIMPLEMENTED/);
      expect(await counted(scene)).toEqual({});
    } finally {
      status.close();
      await scene.stop();
    }
  });
});
