/**
 * What proxies report of their requests, held against what those who made the requests have seen: a
 * real Envoy, and gRPC clients without one.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterJson, LoadJson } from "../../src/api/load.ts";
import { grpcBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type EchoBackend, startEchoBackend } from "../support/echo-backend.ts";
import { startEtcd } from "../support/etcd.ts";
import { startGrpcClient } from "../support/grpc-client.ts";
import { buildClients, languages } from "../support/grpc-client-build.ts";
import { type EchoServer, startEchoServer } from "../support/grpc-echo-server.ts";
import { runLoad } from "../support/load.ts";
import { openedParts } from "../support/opened.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

/** Compilers and downloads, where the cache is empty. */
const buildMs = 600_000;

type Counts = Pick<ClusterJson, "ok" | "errors" | "inProgress">;

const none: Counts = { ok: 0, errors: 0, inProgress: 0 };

const loadOf = (serin: Serin): Promise<LoadJson> => serin.api("/v1/load?service=web");

async function countsOf(serin: Serin, version: string): Promise<Counts> {
  const { clusters } = await loadOf(serin);
  const { ok, errors, inProgress } = clusters.find(({ cluster }) => cluster === version) ?? none;
  return { ok, errors, inProgress };
}

async function reportsOf(serin: Serin): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${serin.adminPort}/metrics`);
  return Number(/^serin_load_reports_total (\d+)$/m.exec(await response.text())?.[1]);
}

/** What was reported before is counted, and what comes now is in a later report. */
async function reportedAnew(serin: Serin, reports = 2): Promise<void> {
  const before = await reportsOf(serin);
  await eventually(async () => (await reportsOf(serin)) >= before + reports, {
    what: `${reports} more reports`,
    timeoutMs: 20_000,
  });
}

const difference = (after: Counts, before: Counts): Counts => ({
  ok: after.ok - before.ok,
  errors: after.errors - before.errors,
  inProgress: after.inProgress,
});

describe("the load reports of an Envoy", () => {
  const total = 10_000;
  /** Of ten requests in a row. */
  const statuses = [200, 500, 200, 404, 200, 503, 200, 200, 404, 200];
  const versions = ["v1", "v2"] as const;
  let scene: Scene;
  let serin: Serin;
  const backends: EchoBackend[] = [];

  beforeAll(async () => {
    scene = await startScene({ variant: "delta" });
    const [server] = scene.servers;
    if (server === undefined) throw new Error("no serin");
    serin = server;
    for (const [version, id] of [
      ["v1", "a"],
      ["v2", "b"],
    ] as const) {
      const backend = await startEchoBackend(version);
      backends.push(backend);
      const address = `127.0.0.1:${backend.port}`;
      await scene.apply(`endpoints/web/${id}`, { address, version });
    }
    await scene.apply("weights/web", { v1: 70, v2: 30 });
  });
  afterAll(async () => {
    await scene?.stop();
    for (const backend of backends) await backend.close();
  });

  const send = (requests: number) =>
    runLoad({
      port: scene.port,
      total: requests,
      headers: (n) => ({
        host: "web",
        "x-echo-status": String(statuses[n % statuses.length]),
      }),
    });

  it("are exact: as many errors and others as the load generator has seen, by version", async () => {
    // An Envoy counts for a cluster from the report on after which it knew of it.
    await eventually(
      async () => {
        await send(20);
        const found = (await loadOf(serin)).clusters.map(({ cluster }) => cluster);
        return found.includes("web/v1") && found.includes("web/v2");
      },
      { what: "both versions to be reported", timeoutMs: 30_000, intervalMs: 200 },
    );
    await reportedAnew(serin);
    const before = await Promise.all(versions.map((each) => countsOf(serin, `web/${each}`)));

    const { byAnswer, failures, byVersion } = await send(total);
    const count = (version: string, status: number): number =>
      byAnswer[`${version} ${status}`] ?? 0;
    expect(Object.keys(byVersion).toSorted()).toEqual(["v1", "v2"]);
    expect(Object.keys(failures).every((reason) => /^(404|500|503)/.test(reason))).toBe(true);
    await reportedAnew(serin);

    for (const [at, version] of versions.entries()) {
      const now = await countsOf(serin, `web/${version}`);
      expect(difference(now, before[at] ?? none)).toEqual({
        ok: count(version, 200) + count(version, 404),
        errors: count(version, 500) + count(version, 503),
        inProgress: 0,
      });
    }
    const { clusters } = await loadOf(serin);
    for (const { cluster, endpoints, ok, errors } of clusters) {
      const [endpoint] = endpoints.toSorted((a, b) => b.ok - a.ok);
      const backend = backends.find(({ name }) => cluster === `web/${name}`);
      expect(endpoint).toMatchObject({ address: `127.0.0.1:${backend?.port}` });
      const sum = endpoints.reduce((all, each) => all + each.ok + each.errors, 0);
      expect(sum).toBe(ok + errors);
    }
  });

  it("tell of connections that fail, as errors", async () => {
    const before = await countsOf(serin, "web/v2");
    await scene.apply("endpoints/web/b", { address: "127.0.0.1:1", version: "v2" });
    await scene.apply("weights/web", { v1: 0, v2: 100 });
    await eventually(
      async () => {
        await send(10);
        return (await countsOf(serin, "web/v2")).errors > before.errors;
      },
      { what: "errors of connections", timeoutMs: 20_000, intervalMs: 200 },
    );
    expect((await countsOf(serin, "web/v2")).ok).toBe(before.ok);
  });

  it("stay counted when it goes, and it is no reporter any more", async () => {
    const { reporters, ageMs } = await loadOf(serin);
    expect(reporters).toBe(1);
    expect(ageMs).toBeLessThan(10_000);
    const before = await countsOf(serin, "web/v1");
    await scene.envoy.stop();
    await eventually(async () => (await loadOf(serin)).reporters === 0, {
      what: "nobody to report",
    });
    expect(await loadOf(serin)).toMatchObject({ ageMs: null });
    expect(await countsOf(serin, "web/v1")).toEqual(before);
  });
});

describe("the load reports of gRPC clients without a proxy", () => {
  const { opened, stop } = openedParts();
  let serin: Serin;
  let canary: EchoServer;
  let put: (key: string, value: object) => Promise<unknown>;

  beforeAll(async () => {
    await buildClients();
    const etcd = opened(await startEtcd(), (part) => part.stop());
    const server = opened(await startEchoServer({ version: "v1" }), (part) => part.close());
    put = (key, value) => etcd.put(`/serin/${key}`, JSON.stringify(value));
    canary = opened(await startEchoServer({ version: "v2" }), (part) => part.close());
    await put("services/web", { appProtocol: "grpc" });
    await put("endpoints/web/a", { address: `127.0.0.1:${server.port}`, version: "v1" });
    serin = opened(await startSerin({ store: `etcd://${etcd.endpoint}` }), (part) => part.stop());
  }, buildMs);
  afterAll(() => stop());

  it.each(languages)("are exact (%s)", async (language) => {
    const before = await countsOf(serin, "web/v1");
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = grpcBootstrap({ nodeId: `grpc-${language}`, cluster: "clients", servers });
    const client = await startGrpcClient({ language, bootstrap });
    try {
      const good = await client.call({ calls: 300, deadlineMs: 30_000 });
      const request = { fail: { code: 13, times: 1 } };
      const bad = await client.call({ calls: 70, deadlineMs: 30_000, request });
      expect([good.counts, bad.errors]).toEqual([{ v1: 300 }, { INTERNAL: 70 }]);
      await eventually(
        async () => {
          const now = difference(await countsOf(serin, "web/v1"), before);
          expect(now).toEqual({ ok: 300, errors: 70, inProgress: 0 });
          return true;
        },
        { what: `all calls of ${language} to be reported`, timeoutMs: 20_000 },
      );
      expect((await loadOf(serin)).reporters).toBe(1);
    } finally {
      await client.stop();
    }
    await eventually(async () => (await loadOf(serin)).reporters === 0, {
      what: `${language} to be gone`,
    });
  });

  it("are none while one on C-core is idle, and it counts as heard", async () => {
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = grpcBootstrap({ nodeId: "grpc-idle", cluster: "clients", servers });
    const client = await startGrpcClient({ language: "python", bootstrap });
    try {
      await client.call({ calls: 1, deadlineMs: 30_000 });
      await reportedAnew(serin);
      const reports = await reportsOf(serin);
      // Nothing tells that nothing comes: three times as long as between two reports.
      const since = performance.now();
      await eventually(() => performance.now() - since > 6_000, {
        what: "time to pass",
        timeoutMs: 10_000,
      });
      expect(await reportsOf(serin)).toBe(reports);
      expect(await loadOf(serin)).toMatchObject({ reporters: 1, ageMs: 0 });
    } finally {
      await client.stop();
    }
  });

  it.each(languages)("are by version where users stay with theirs (%s)", async (language) => {
    const hashSplit = { headers: [{ name: "x-user-id" }], grpc: true };
    const rules = [{ hashSplit, backendRefs: [{ name: "web" }] }];
    await put("endpoints/web/b", { address: `127.0.0.1:${canary.port}`, version: "v2" });
    await put("weights/web", { v1: 70, v2: 30 });
    await put("routes/web", { hostnames: ["web"], rules });
    const before = [await countsOf(serin, "web/v1"), await countsOf(serin, "web/v2")] as const;
    const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
    const bootstrap = grpcBootstrap({ nodeId: `sticky-${language}`, cluster: "clients", servers });
    const client = await startGrpcClient({ language, bootstrap });
    try {
      const users = { header: "x-user-id", from: 0, to: 300 };
      const { counts, errors } = await client.call({ users, deadlineMs: 30_000 });
      expect([Object.keys(counts).toSorted(), errors]).toEqual([["v1", "v2"], {}]);
      await eventually(
        async () => {
          const now = [await countsOf(serin, "web/v1"), await countsOf(serin, "web/v2")] as const;
          expect(difference(now[0], before[0]).ok).toBe(counts["v1"]);
          expect(difference(now[1], before[1]).ok).toBe(counts["v2"]);
          return true;
        },
        { what: `all calls of ${language} to be reported`, timeoutMs: 20_000 },
      );
    } finally {
      await client.stop();
    }
  });
});
