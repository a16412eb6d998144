import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import type { Serin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as built, against the running server. */
function serin(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("the command line against etcd, serin and Envoy", () => {
  let scene: Scene;
  let server: Serin;
  let admin: string;

  beforeAll(async () => {
    scene = await startScene({ variant: "delta" });
    server = scene.servers[0] as Serin;
    admin = `http://127.0.0.1:${server.adminPort}`;
  });
  afterAll(() => scene?.stop());

  const onlyV2 = async (): Promise<void> => {
    const report = await runLoad({ port: scene.port, headers: { host: "web" }, total: 200 });
    expect(report.byVersion).toEqual({ v2: 200 });
  };

  it("weight set --wait returns when Envoy has ACKed", async () => {
    const set = await serin("weight", "set", "web", "v1=0", "v2=100", "--wait", "--admin", admin);
    expect(set).toMatchObject({ code: 0, stderr: "" });
    await onlyV2();
    const get = await serin("weight", "get", "web", "--admin", admin);
    expect(get.stdout).toMatch(/v2\D+100/);
  });

  it("apply --wait and delete --wait return when Envoy has ACKed the last of them", async () => {
    const file = join(freshFolder("apply"), "web.yaml");
    writeFileSync(file, "weights/web: { v1: 0, v2: 100 }\nservices/web: {}\n");
    const applied = await serin("apply", "-f", file, "--wait", "--admin", admin);
    expect(applied.stdout).toMatch(/accepted by 1 proxy in \d+ ms\n$/);
    await onlyV2();
    const removed = await serin("delete", "services", "web", "--wait", "--admin", admin);
    expect(removed).toMatchObject({ code: 0 });
    expect(removed.stdout).toMatch(/accepted by 1 proxy in \d+ ms\n$/);
    rmSync(dirname(file), { recursive: true });
  });

  it("weight set writes straight to etcd, and waits at the server", async () => {
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    const store = `etcd://${scene.etcd.endpoint}`;
    const set = ["weight", "set", "web", "v1=0", "v2=100", "--store", store];
    expect(await serin(...set, "--wait", "--admin", admin)).toMatchObject({ code: 0 });
    await onlyV2();
    expect((await scene.etcd.get("/serin/weights/web"))?.value).toBe('{"v1":0,"v2":100}');
  });

  it("status shows a row for the proxy and a column for each type", async () => {
    const { code, stdout } = await serin("status", "--admin", admin);
    expect(code).toBe(0);
    // As README shows it, but for versions and ages.
    const shape = (text: string): string =>
      text.replaceAll(/SYNCED \S+ \d+m?s */g, "SYNCED ").replaceAll(/ +/g, " ");
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const sample = /^ {4}NODE .*\n {4}.*\n/m.exec(readme)?.[0].replaceAll(/^ {4}/gm, "") ?? "";
    expect(shape(stdout)).toBe(shape(sample));
  });

  it("refuses weights that are all 0, and says so", async () => {
    const set = await serin("weight", "set", "web", "v1=0", "v2=0", "--admin", admin);
    expect(set.code).not.toBe(0);
    expect(set.stderr).toMatch(/weight/);
  });

  it("validate refuses a file with key, path and reason", async () => {
    const folder = fileURLToPath(new URL("../../examples/web", import.meta.url));
    expect(await serin("validate", "-f", folder, "--no-envoy")).toMatchObject({ code: 0 });
  });

  it("shows a NACK once, with Envoy's words, and waits for no ACK that cannot come", async () => {
    const name = "ring";
    // Envoy accepts the fields and refuses their meaning.
    const cluster = {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      name,
      connect_timeout: "1s",
      lb_policy: "RING_HASH",
      ring_hash_lb_config: { minimum_ring_size: 2048, maximum_ring_size: 1024 },
      load_assignment: { cluster_name: name },
    };
    const revision = await scene.put(`resources/*/clusters/${name}`, cluster);
    const nacked = await eventually(
      async () => {
        const [proxy] = await server.proxies();
        return proxy?.types.find(({ type }) => type === "CDS")?.nack;
      },
      { what: "the NACK to be shown", timeoutMs: 10_000 },
    );
    expect(nacked.message).toMatch(/ring/);
    expect(await server.status(`/v1/wait?revision=${revision}&timeoutMs=20000`)).toBe(409);
    const status = await serin("status", "--admin", admin);
    expect(status.stdout).toMatch(/NACKED/);
    const count = /serin_xds_nacks_total\{[^}]*type="CDS"[^}]*\} (\d+)/;
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(count.exec(metrics)?.[1]).toBe("1");
    // Routes are another type: they go on.
    await scene.put("weights/web", { v1: 100, v2: 0 });
    await eventually(
      async () => {
        const report = await runLoad({ port: scene.port, headers: { host: "web" }, total: 50 });
        return report.byVersion["v1"] === 50;
      },
      { what: "the weight to arrive beside the NACK" },
    );
    await scene.etcd.del(`/serin/resources/*/clusters/${name}`);
    // The cluster goes after a grace, as every cluster does, and the rejection with it.
    await eventually(
      async () => {
        const [proxy] = await server.proxies();
        return proxy?.types.every(({ status }) => status === "SYNCED");
      },
      { what: "the proxy to be synced again", timeoutMs: 10_000 },
    );
    await scene.apply("weights/web", { v1: 0, v2: 100 });
  });
});
