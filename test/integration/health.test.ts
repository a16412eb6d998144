/**
 * "GET /health, 3 failures": what a real Envoy does with an instance that fails, from the objects in
 * etcd to the requests of users. docs/health.md tells it to people.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { grpcBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Child, startChild } from "../../src/dev/child.ts";
import { unwrap } from "../support/binaries.ts";
import { type GrpcClient, startGrpcClient } from "../support/grpc-client.ts";
import { startEchoServer } from "../support/grpc-echo-server.ts";
import { type LoadOptions, runLoad, startLoad } from "../support/load.ts";
import type { LoadReport } from "../support/load-report.ts";
import { type ProbedBackend, startProbedBackend } from "../support/probed-backend.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

// As in the smallest example, but for the interval. A second is long enough to see, on a busy
// machine, that there was no fourth probe.
const healthCheck = {
  http: { path: "/health" },
  interval: "1s",
  timeout: "1s",
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};
const subsets = [
  { name: "v1", labels: { version: "v1" } },
  { name: "v2", labels: { version: "v2" }, fallback: "v1" },
];
const parts = (service: string) => [
  { name: service, subset: "v1", weight: 50 },
  { name: service, subset: "v2", weight: 50 },
];
const byUser = { headers: [{ name: "X-User-Id" }], salt: "web-7" };

const routes = {
  web: {
    hostnames: ["web"],
    rules: [
      {
        matches: [{ headers: [{ name: "X-Release-Stage", value: "canary" }] }],
        backendRefs: [{ name: "web", subset: "v2" }],
      },
      {
        matches: [{ headers: [{ name: "X-User-Id", type: "RegularExpression", value: ".+" }] }],
        hashSplit: byUser,
        backendRefs: parts("web"),
      },
      { backendRefs: [{ name: "web" }] },
    ],
  },
  "small-users": {
    hostnames: ["small-users"],
    rules: [{ hashSplit: byUser, backendRefs: [{ name: "small" }] }],
  },
  "small-v2": {
    hostnames: ["small-v2"],
    rules: [{ backendRefs: [{ name: "small", subset: "v2" }] }],
  },
};

/** Ways to ask, by what decides: the weights, the header, the hash of the user. */
const ways = {
  weights: () => ({ host: "web" }),
  header: () => ({ host: "web", "x-release-stage": "canary" }),
  users: (n: number) => ({ host: "web", "x-user-id": `user-${n}` }),
  smallWeights: () => ({ host: "small" }),
  smallUsers: (n: number) => ({ host: "small-users", "x-user-id": `user-${n}` }),
  smallV2: () => ({ host: "small-v2" }),
} as const;
type Way = keyof typeof ways;

let scene: Scene;
let stable: ProbedBackend;
let canary: ProbedBackend;

const instance = (version: string, port: number) => ({ address: `127.0.0.1:${port}`, version });

/** Where every test begins: both healthy, half and half. */
async function reset(): Promise<void> {
  for (const backend of [stable, canary]) {
    backend.setHealthy(true);
    backend.answerWith(200);
  }
  for (const service of ["web", "small"]) {
    await scene.put(`endpoints/${service}/a`, instance("v1", stable.port));
    await scene.put(`endpoints/${service}/b`, instance("v2", canary.port));
    await scene.put(`weights/${service}`, { v1: 50, v2: 50 });
  }
  await scene.put("services/web", { subsets, healthCheck });
  await scene.apply("services/small", { healthCheck });
  for (const cluster of ["web/v1", "web/v2", "small/v1", "small/v2"]) {
    await eventually(async () => (await flags(cluster))[0] === "", {
      what: `${cluster} to be healthy`,
      timeoutMs: 15_000,
    });
  }
}

/** What Envoy holds against the instances of a cluster; empty text: nothing. */
async function flags(cluster: string): Promise<readonly string[]> {
  const { cluster_statuses: all } = await scene.envoy.clusters();
  const hosts = all?.find(({ name }) => name === cluster)?.host_statuses ?? [];
  return hosts.map(({ health_status: health }) =>
    Object.keys(health)
      .filter((name) => health[name] === true)
      .join(),
  );
}

const marked = (cluster: string, flag = "failed_active_health_check"): Promise<true> =>
  eventually(async () => (await flags(cluster)).some((each) => each.includes(flag)), {
    what: `${cluster} to be taken out`,
    timeoutMs: 15_000,
  });

/** The last instance of a version goes a while after the routes, which nobody may use any more. */
const withoutInstances = (cluster: string): Promise<true> =>
  eventually(
    async () => {
      const { cluster_statuses: all } = await scene.envoy.clusters();
      const hosts = all?.find(({ name }) => name === cluster)?.host_statuses ?? [];
      return hosts.every(({ health_status: { eds_health_status: eds } }) => eds === "DRAINING");
    },
    { what: `${cluster} to have no instance`, timeoutMs: 15_000 },
  );

const ask = (way: Way, total = 2_000): Promise<LoadReport> =>
  runLoad({ port: scene.port, headers: ways[way], total });

const asking = (way: Way, more: Partial<LoadOptions> = {}) =>
  startLoad({ port: scene.port, headers: ways[way], rate: 200, ...more });

/** Every request is answered, and by that version alone. */
async function expectAll(way: Way, version: string): Promise<void> {
  const { failures, byVersion } = await ask(way);
  expect(failures, way).toEqual({});
  expect(byVersion, way).toEqual({ [version]: 2_000 });
}

/** The answer of Envoy itself, and nothing that chance decides. */
async function expectNobody(way: Way, total = 200): Promise<void> {
  const { failures, byVersion } = await ask(way, total);
  expect({ failures, byVersion }, way).toEqual({
    failures: { "503 no healthy upstream": total },
    byVersion: { "(none)": total },
  });
}

beforeAll(async () => {
  stable = await startProbedBackend("v1");
  canary = await startProbedBackend("v2");
  scene = await startScene({ variant: "delta" });
  for (const [name, route] of Object.entries(routes)) await scene.put(`routes/${name}`, route);
  await reset();
});
afterAll(async () => {
  await scene?.stop();
  await stable?.close();
  await canary?.close();
});
beforeEach(reset);

describe("a canary whose only instance fails /health", () => {
  it("is out after exactly 3 probes, with no error for anybody, and comes back by itself", async () => {
    const load = asking("weights");
    canary.setHealthy(false);
    await marked("web/v2");
    expect(canary.probes("web")).toBe(3);
    for (const way of ["weights", "header", "users"] as const) await expectAll(way, "v1");
    canary.setHealthy(true);
    await eventually(async () => (await ask("header", 1)).byVersion["v2"] === 1, {
      what: "the canary to be back",
    });
    await expectAll("header", "v2");
    await expectShare(() => ask("weights"), "v2", 0.5);
    // It answered requests all the time, so nothing failed while it was not yet found out either.
    expect((await load.stop()).failures).toEqual({});
  });

  it("is stood in for by the first version, without a list of subsets", async () => {
    canary.setHealthy(false);
    await marked("small/v2");
    expect(canary.probes("small")).toBe(3);
    for (const way of ["smallWeights", "smallUsers"] as const) await expectAll(way, "v1");
    // A route that asks for the version by name has no fallback unless the list names one.
    await expectNobody("smallV2");
    canary.setHealthy(true);
    await eventually(async () => (await ask("smallV2", 1)).failed === 0, { what: "v2" });
    for (const way of ["smallWeights", "smallUsers"] as const) {
      await expectShare(() => ask(way), "v2", 0.5);
    }
  });

  it("finishes what it was asked before", async () => {
    const held = asking("header", { path: "/hold", total: 10, timeoutMs: 20_000 });
    await eventually(() => canary.held() === 10, { what: "10 requests under way" });
    canary.setHealthy(false);
    await marked("web/v2");
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    await scene.remove("endpoints/web/b");
    canary.letGo();
    const { failures, byVersion } = await held.done;
    expect(failures).toEqual({});
    expect(byVersion).toEqual({ v2: 10 });
  });

  it("loses no request but its own until then, where requests fail as well", async ({
    annotate,
  }) => {
    const load = asking("weights");
    canary.answerWith(500);
    canary.setHealthy(false);
    await marked("web/v2");
    const before = load.take();
    await annotate(told("answers 500", before));
    expect(Object.keys(before.failures)).toEqual(["500"]);
    expect(before.failed).toBe(before.byVersion["v2"]);
    for (const way of ["weights", "header", "users"] as const) await expectAll(way, "v1");
    await load.stop();
  });
});

describe("a canary", () => {
  it("is probed at 0 % like any other", async () => {
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    canary.setHealthy(false);
    await marked("web/v2");
    expect(canary.probes("web")).toBe(3);
  });

  it("that joins sick gets nothing, and its share at its first good probe", async () => {
    const joining = await startProbedBackend("v2");
    try {
      joining.setHealthy(false);
      await scene.apply("services/web", {
        subsets,
        healthCheck: { ...healthCheck, healthyThreshold: 5 },
      });
      await scene.apply("endpoints/web/b", instance("v2", joining.port));
      await eventually(() => joining.probes("web") >= 1, { what: "the first probe" });
      for (const way of ["weights", "header"] as const) await expectAll(way, "v1");
      expect(joining.served()).toBe(0);
    } finally {
      await scene.apply("endpoints/web/b", instance("v2", canary.port));
      await joining.close();
    }
    // One probe is enough for an instance that was not there before, whatever the threshold.
    canary.setHealthy(true);
    await eventually(async () => (await ask("header", 1)).byVersion["v2"] === 1, { what: "v2" });
    expect(canary.probes("web")).toBeLessThan(5);
  });

  it("without a fallback is 503 in a route when it is deleted, and in the split v1's", async () => {
    await scene.remove("endpoints/small/b");
    await withoutInstances("small/v2");
    await expectNobody("smallV2");
    await expectAll("smallWeights", "v1");
  });
});

const told = (what: string, { failed, total, elapsedMs }: LoadReport): string =>
  `${what}: ${failed} of ${total} requests failed in the ${Math.round(elapsedMs)} ms until it was out`;

describe("a canary that is killed", () => {
  let child: Child;

  const start = async (port: number): Promise<number> => {
    const args = ["demo-backend", "--version", "v2", "--listen", `127.0.0.1:${port}`];
    child = unwrap(await startChild({ command: process.execPath, args: [main, ...args] }));
    const line = unwrap(await child.waitForLine(/listens on/, 20_000));
    return Number(line.split(":").at(-1));
  };
  afterAll(() => child?.kill());

  it("is out after 3 probes, fails requests until then only, and comes back", async ({
    annotate,
  }) => {
    const port = await start(0);
    await scene.apply("endpoints/web/b", instance("v2", port));
    await eventually(async () => (await ask("header", 1)).byVersion["v2"] === 1, { what: "v2" });
    const [probes] = await failedProbes();
    const load = asking("weights");
    await child.kill();
    await marked("web/v2");
    expect((await failedProbes())[0]).toBe((probes ?? 0) + 3);
    const before = load.take();
    await annotate(told("killed", before));
    expect(before.failed).toBeGreaterThan(0);
    for (const reason of Object.keys(before.failures)) expect(reason).toMatch(/^503 upstream conn/);
    for (const way of ["weights", "header", "users"] as const) await expectAll(way, "v1");
    await start(port);
    await eventually(async () => (await ask("header", 1)).byVersion["v2"] === 1, { what: "v2" });
    await expectShare(() => ask("weights"), "v2", 0.5);
    // A request that was under way at the very moment may have ended after the look at the counter.
    expect((await load.stop()).failed - before.failed).toBeLessThanOrEqual(2);
  });

  it("fails hardly a request where the first failure ejects and is tried again", async ({
    annotate,
  }) => {
    const port = await start(0);
    await scene.put("services/web", {
      subsets,
      healthCheck,
      outlierDetection: { consecutive5xx: 1, interval: "1s" },
      retry: { attempts: 2, backoff: "25ms" },
    });
    await scene.apply("endpoints/web/b", instance("v2", port));
    await eventually(async () => (await ask("header", 1)).byVersion["v2"] === 1, { what: "v2" });
    const load = asking("weights");
    await child.kill();
    await marked("web/v2");
    const report = await load.stop();
    await annotate(told("killed, with retries", report));
    expect(report.failed).toBeLessThanOrEqual(5);
    await expectAll("header", "v1");
  });

  const failedProbes = async (): Promise<readonly number[]> => [
    ...(await scene.envoy.stats("^cluster\\.web/v2\\.health_check\\.failure$")).values(),
  ];
});

describe("an instance that answers 500", () => {
  const outlierDetection = { consecutive5xx: 3, interval: "1s", baseEjectionTime: "2s" };
  const ejected = () => marked("web/v2", "failed_outlier_check");

  it("is ejected though it is the only one, and is tried again later", async ({ annotate }) => {
    await scene.apply("services/web", { subsets, outlierDetection });
    canary.answerWith(500);
    const load = asking("header", { concurrency: 1, rate: 50 });
    await ejected();
    const during = load.take();
    await annotate(told("ejected", during));
    expect(during.byStatus["500"]).toBeGreaterThanOrEqual(3);
    canary.answerWith(200);
    const after = await eventually(
      async () => (await ask("header", 1)).byVersion["v2"] === 1 && load.take(),
      { what: "the end of the ejection" },
    );
    expect(after.byVersion["v1"]).toBeGreaterThan(0);
    // The look at Envoy comes after the ejection, so it was v1 already: nothing more failed.
    expect(after.failures).toEqual({});
    await load.stop();
  });

  it("gets nothing in a panic: without a fallback the proxy answers 503", async () => {
    await scene.apply("services/small", {
      outlierDetection: { ...outlierDetection, baseEjectionTime: "1m" },
    });
    canary.answerWith(500);
    await ask("smallV2", 10);
    await marked("small/v2", "failed_outlier_check");
    canary.answerWith(500);
    await expectNobody("smallV2");
    expect(canary.served()).toBe(0);
    await expectAll("smallWeights", "v1");
  });

  it("leaves its sisters to the version", async () => {
    const sister = await startProbedBackend("v2");
    try {
      await scene.put("endpoints/web/c", instance("v2", sister.port));
      await scene.apply("services/web", { subsets, outlierDetection });
      canary.answerWith(500);
      const failed = ask("header", 100);
      await ejected();
      expect((await failed).failed).toBeLessThan(20);
      await expectAll("header", "v2");
    } finally {
      await scene.remove("endpoints/web/c");
      await sister.close();
    }
  });
});

describe("the stable version", () => {
  it("is tried though it is sick, when it has all the weight: a canary at 0 gets nothing", async () => {
    for (const service of ["web", "small"]) {
      await scene.apply(`weights/${service}`, { v1: 100, v2: 0 });
    }
    stable.setHealthy(false);
    await Promise.all([marked("web/v1"), marked("small/v1")]);
    canary.answerWith(200);
    await expectAll("weights", "v1");
    await expectAll("smallWeights", "v1");
    expect(canary.served()).toBe(0);
  });

  it("keeps its part when it is sick: nobody stands in for it", async () => {
    stable.setHealthy(false);
    await marked("web/v1");
    for (const way of ["weights", "users"] as const) {
      const { failures, byVersion, total } = await ask(way);
      expect(failures, way).toEqual({});
      expect(Math.abs((byVersion["v1"] ?? 0) / total - 0.5), way).toBeLessThan(0.06);
    }
    await expectAll("header", "v2");
  });

  it.each([
    ["removed", undefined],
    ["drained", 0],
  ])("is not stood in for by a canary at 0 when it is %s", async (_, weight) => {
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    if (weight === undefined) await scene.remove("endpoints/web/a");
    else await scene.apply("endpoints/web/a", { ...instance("v1", stable.port), weight });
    await withoutInstances("web/v1");
    canary.answerWith(200);
    await expectNobody("weights");
    expect(canary.served()).toBe(0);
  });

  it("is stood in for, by a canary at 0 too, where it names a fallback", async () => {
    const [v1, v2] = subsets;
    await scene.put("services/web", { subsets: [{ ...v1, fallback: "v2" }, v2], healthCheck });
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    stable.setHealthy(false);
    await marked("web/v1");
    for (const way of ["weights", "header", "users"] as const) await expectAll(way, "v2");
  });

  it("leaves all to a canary with weight when it is removed, in a route with weights too", async () => {
    await scene.apply("weights/web", { v1: 90, v2: 10 });
    await scene.remove("endpoints/web/a");
    await expectAll("weights", "v2");
    await withoutInstances("web/v1");
    await expectAll("users", "v2");
  });
});

describe("a client of gRPC without a proxy", () => {
  it("does not look itself, and goes to the fallback as soon as serin has found the version dead", async () => {
    const versions = await Promise.all(["v1", "v2"].map((version) => startEchoServer({ version })));
    const clients: GrpcClient[] = [];
    const calls = 200;
    try {
      await scene.put("services/rpc", {
        appProtocol: "grpc",
        subsets,
        healthCheck: { tcp: {}, interval: "200ms" },
        outlierDetection: { consecutive5xx: 3, interval: "1s" },
      });
      for (const { version, port } of versions) {
        await scene.put(`endpoints/rpc/${version}`, instance(version, port));
      }
      await scene.apply("weights/rpc", { v1: 50, v2: 50 });
      const servers = [{ host: "127.0.0.1", port: scene.servers[0]?.xdsPort ?? 0 }];
      const bootstrap = grpcBootstrap({ nodeId: "grpc", cluster: "clients", servers });
      const language = "node" as const;
      const direct = await startGrpcClient({ language, target: "xds:///rpc", bootstrap });
      clients.push(direct);
      const target = `127.0.0.1:${scene.port}`;
      const proxied = await startGrpcClient({ language, target, authority: "rpc" });
      clients.push(proxied);
      for (const client of clients) {
        const { counts, errors } = await client.call({ calls, deadlineMs: 20_000 });
        expect({ errors, versions: Object.keys(counts).sort() }).toEqual({
          errors: {},
          versions: ["v1", "v2"],
        });
      }
      await versions[1]?.close();
      await marked("rpc/v2");
      expect(await proxied.call({ calls })).toMatchObject({ counts: { v1: calls }, errors: {} });
      // serin probes for it: calls fail until the third probe has, and then all go to v1.
      await eventually(
        async () => Object.keys((await direct.call({ calls })).errors).length === 0,
        { what: "calls without errors", timeoutMs: 15_000 },
      );
      expect(await direct.call({ calls })).toMatchObject({ counts: { v1: calls }, errors: {} });
    } finally {
      for (const client of clients) await client.stop();
      for (const version of versions) await version.close();
    }
  });
});
