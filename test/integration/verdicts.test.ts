/**
 * What a real Envoy finds of instances comes back to serin and is shown, by the bootstrap that
 * `serin bootstrap --verdicts` prints. docs/health.md tells it to people.
 */
import { connect } from "node:http2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FindingJson, VerdictsJson, VersionVerdictJson } from "../../src/api/verdicts.ts";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { cli } from "../support/cli.ts";
import { validateBootstrap } from "../support/envoy.ts";
import { runLoad } from "../support/load.ts";
import { otlpFrame, statsPath } from "../support/otlp.ts";
import { type ProbedBackend, startProbedBackend } from "../support/probed-backend.ts";
import { type Scene, type SceneOptions, startScene } from "../support/scene.ts";
import type { Serin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

/** Envoy flushes its statistics this often, unless its bootstrap says something else. */
const flushMs = 5_000;
/** For the calls themselves, on a busy machine. */
const slackMs = 1_500;

const subsets = [{ name: "v1" }, { name: "v2", fallback: "v1" }];
const healthCheck = { http: { path: "/health" }, interval: "1s", timeout: "1s" };
/** Shorter than the time between two flushes, an ejection may not be seen. */
const outlierDetection = { consecutive5xx: 3, interval: "1s", baseEjectionTime: "8s" };

const telling: SceneOptions["bootstrap"] = (_, servers) =>
  envoyBootstrap({
    nodeId: "edge-1",
    cluster: "edge",
    mode: "delta",
    servers: servers.map(({ xdsPort }) => ({ host: "127.0.0.1", port: xdsPort })),
    verdicts: true,
  });

async function verdictOf(serin: Serin | undefined, service: string, subset: string) {
  const { versions } = (await serin?.api<VerdictsJson>(`/v1/verdicts?service=${service}`)) ?? {};
  return versions?.find((each) => each.subset === subset);
}

/** Waits until there is one finding, which is as `holds` says; the finding, and how long it took. */
async function found(
  serin: Serin | undefined,
  [service, subset]: readonly [string, string],
  holds: (finding: FindingJson) => boolean,
  timeoutMs = 2 * flushMs + slackMs,
): Promise<VersionVerdictJson> {
  return eventually(
    async () => {
      const verdict = await verdictOf(serin, service, subset);
      const [finding, ...more] = verdict?.findings ?? [];
      return finding !== undefined && more.length === 0 && holds(finding) ? verdict : undefined;
    },
    { what: `a verdict on ${service}/${subset}`, timeoutMs },
  );
}

const isWell = ({ total, healthy, unwellForMs }: FindingJson): boolean =>
  total === 1 && healthy === 1 && unwellForMs === null;
const isOut = ({ healthy }: FindingJson): boolean => healthy === 0;

let stable: ProbedBackend;
let canary: ProbedBackend;

async function fill({ put, apply }: Scene): Promise<void> {
  for (const service of ["web", "shop"]) {
    const instance = (version: string, port: number) => ({ address: `127.0.0.1:${port}`, version });
    await put(`endpoints/${service}/a`, instance("v1", stable.port));
    await put(`endpoints/${service}/b`, instance("v2", canary.port));
    await put(`weights/${service}`, { v1: 50, v2: 50 });
  }
  await put("services/web", { subsets, healthCheck });
  await apply("services/shop", { subsets, outlierDetection });
}

beforeAll(async () => {
  stable = await startProbedBackend("v1");
  canary = await startProbedBackend("v2");
});
afterAll(async () => {
  await stable?.close();
  await canary?.close();
});

it("is a bootstrap that a real Envoy accepts", async () => {
  const servers = [{ host: "127.0.0.1", port: 18000 }];
  const options = { nodeId: "edge-1", cluster: "edge", mode: "sotw", servers } as const;
  expect(await validateBootstrap(envoyBootstrap({ ...options, verdicts: true }))).toBeUndefined();
});

describe("what an Envoy finds", () => {
  let scene: Scene;
  let serin: Serin | undefined;

  beforeAll(async () => {
    scene = await startScene({ variant: "delta", bootstrap: telling });
    [serin] = scene.servers;
    await fill(scene);
  });
  afterAll(() => scene?.stop());
  beforeEach(async () => {
    canary.setHealthy(true);
    canary.answerWith(200);
    for (const service of ["web", "shop"]) await found(serin, [service, "v2"], isWell, 30_000);
  });

  const flagged = (cluster: string, flag: string) =>
    eventually(
      async () => {
        const { cluster_statuses: all } = await scene.envoy.clusters();
        const [host] = all?.find(({ name }) => name === cluster)?.host_statuses ?? [];
        return host?.health_status[flag] === true;
      },
      { what: `${flag} of ${cluster}`, timeoutMs: 15_000 },
    );

  const shown = async (...words: readonly string[]): Promise<string> => {
    const admin = `http://127.0.0.1:${serin?.adminPort}`;
    const { code, out } = await cli(["verdicts", ...words, "--admin", admin]);
    expect(code).toBe(0);
    return out.replaceAll(/ +/g, " ");
  };

  const gauge = async (name: string): Promise<string | undefined> => {
    const metrics = await fetch(`http://127.0.0.1:${serin?.adminPort}/metrics`);
    return new RegExp(`^${name} (\\d+)$`, "m").exec(await metrics.text())?.[1];
  };

  it("is nothing, while all is well", async () => {
    expect(await verdictOf(serin, "web", "v2")).toMatchObject({
      ...{ instances: 1, looksAtHealth: true, unwell: false },
      findings: [{ proxies: 1, names: ["edge-1"], ejected: 0, failing: 0 }],
    });
    expect(await shown()).toMatch(/^proxies that tell what they find: 1, .*\nnothing is unwell\n$/);
    expect(await gauge("serin_verdict_reporters")).toBe("1");
    expect(await gauge("serin_unwell_versions")).toBe("0");
  });

  it("comes back within two flushes when an instance fails its checks, and goes when it recovers", async () => {
    canary.setHealthy(false);
    await flagged("web/v2", "failed_active_health_check");
    const verdict = await found(serin, ["web", "v2"], isOut);
    expect(verdict).toMatchObject({ unwell: true, findings: [{ ejected: 0, failing: 1 }] });
    expect(await shown()).toMatch(/\nweb v2 1 1 0 of 1 0 1 \S+ \S+ edge-1\n/);
    expect(await gauge("serin_unwell_versions")).toBe("1");
    canary.setHealthy(true);
    await found(serin, ["web", "v2"], isWell, 2 * flushMs + slackMs + 2_000);
    expect(await shown("web")).toMatch(/\nweb v2 1 1 1 of 1 0 0 - \S+ edge-1\n/);
  });

  it("comes back within two flushes when it ejects an instance, and goes when that is over", async () => {
    canary.answerWith(500);
    await runLoad({ port: scene.port, headers: () => ({ host: "shop" }), total: 40 });
    await flagged("shop/v2", "failed_outlier_check");
    canary.answerWith(200);
    const verdict = await found(serin, ["shop", "v2"], isOut);
    expect(verdict).toMatchObject({ unwell: true, findings: [{ ejected: 1, failing: 0 }] });
    await found(serin, ["shop", "v2"], isWell, 2 * flushMs + slackMs + 10_000);
  });

  it("is still told, and everything served, whatever others send there", async () => {
    const session = connect(`http://127.0.0.1:${serin?.xdsPort}`);
    try {
      const statuses: (string | undefined)[] = [];
      for (const frame of [
        otlpFrame(Buffer.alloc(100, 0xff)),
        otlpFrame(Buffer.alloc(4_000_000)),
      ]) {
        const call = session.request({
          ...{ ":method": "POST", ":path": statsPath },
          ...{ "content-type": "application/grpc", te: "trailers" },
        });
        call.on("error", () => undefined);
        call.resume();
        const status = new Promise<string | undefined>((resolve) => {
          call.on("trailers", (trailers) => resolve(String(trailers["grpc-status"])));
          call.on("close", () => resolve(undefined));
        });
        call.end(frame);
        statuses.push(await status);
      }
      expect(statuses).toEqual(["3", "3"]);
    } finally {
      session.destroy();
    }
    canary.setHealthy(false);
    await found(serin, ["web", "v2"], isOut, 20_000);
    const proxies = await serin?.proxies();
    expect(proxies?.map(({ node }) => node)).toEqual(["edge-1"]);
  });
});

describe("with two replicas", () => {
  it("an Envoy tells each of them what it finds", async () => {
    const scene = await startScene({ variant: "delta", servers: 2, bootstrap: telling });
    try {
      await fill(scene);
      canary.setHealthy(false);
      for (const serin of scene.servers) {
        const verdict = await found(serin, ["web", "v2"], isOut, 30_000);
        expect(verdict.findings).toMatchObject([{ proxies: 1, names: ["edge-1"] }]);
      }
    } finally {
      await scene.stop();
    }
  });
});
