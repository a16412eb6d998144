import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type Envoy, startEnvoy, validateBootstrap } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { runLoad } from "../support/load.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

describe("npm run programs", () => {
  it("prints a line after which the shell finds all three", async () => {
    const asked =
      'eval "$(npm run --silent programs)"; for each in envoy etcd etcdctl; do command -v $each; done';
    const options = { cwd: new URL("../../", import.meta.url), timeout: 60_000 };
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", asked], options);
    expect(stdout.trim().split("\n")).toHaveLength(3);
    expect(stderr).toMatch(/^envoy 1\.\S+: .*\netcd 3\.\S+: .*\netcdctl 3\.\S+: /);
  });
});

describe("a real etcd", () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());

  it("stores what etcdctl puts, to the byte", async () => {
    await etcd.put("/serin/weights/web", '-{"v1": 90}\n');
    expect(await etcd.get("/serin/weights/web")).toMatchObject({ value: '-{"v1": 90}\n' });
    expect(await etcd.get("/serin/weights/nobody")).toBeUndefined();
    expect(await etcd.del("/serin/weights/", { prefix: true })).toBe(1);
  });

  it("keeps its data and its port over a crash", async () => {
    await etcd.put("/serin/a", "1");
    const { pid, endpoint } = etcd;
    await etcd.kill();
    expect(etcd.running).toBe(false);
    await expect(etcd.etcdctl(["--command-timeout", "200ms", "get", "x"])).rejects.toThrow();
    await etcd.restart();
    expect(etcd.pid).not.toBe(pid);
    expect(etcd.endpoint).toBe(endpoint);
    expect((await etcd.get("/serin/a"))?.value).toBe("1");
  });

  it("does not answer while it is paused", async () => {
    etcd.pause();
    const asked = etcd.etcdctl(["--command-timeout", "300ms", "get", "/serin/a"]);
    await expect(asked).rejects.toThrow(/deadline/);
    etcd.resume();
    expect((await etcd.get("/serin/a"))?.value).toBe("1");
  });
});

describe("a real Envoy", () => {
  let envoy: Envoy;
  let backends: readonly Backend[] = [];
  beforeAll(async () => {
    backends = await Promise.all(["v1", "v2"].map((version) => startBackend({ version })));
    envoy = await startEnvoy({ bootstrap: staticSplit(backends, [80, 20]) });
    await envoy.ready();
  });
  afterAll(async () => {
    await envoy?.stop();
    await Promise.all(backends.map((backend) => backend.close()));
  });

  it("splits 2,000 requests 80/20", async () => {
    const port = await envoy.listenerPort("http");
    const counts = { v1: 0, v2: 0 };
    await expectShare(
      async () => {
        const report = await runLoad({ port, total: 2_000, headers: { host: "web" } });
        expect(report.byStatus).toEqual({ 200: 2_000 });
        counts.v1 += report.byVersion["v1"] ?? 0;
        counts.v2 += report.byVersion["v2"] ?? 0;
        return report;
      },
      "v2",
      0.2,
    );
    expect(backends.map((backend) => backend.served())).toEqual([counts.v1, counts.v2]);
  });

  it("gets 1,000 requests per second, and no more", async () => {
    const port = await envoy.listenerPort("http");
    const report = await runLoad({ port, rate: 1_000, total: 2_000 });
    expect(report.failures).toEqual({});
    expect(report.total).toBe(2_000);
    // On a busy machine it may take longer, never less.
    expect(report.elapsedMs).toBeGreaterThan(1_990);
  });

  it("tells its configuration, statistics and clusters", async () => {
    expect(await envoy.listeners()).toEqual(["http"]);
    const dump = await envoy.configDump();
    expect(dump.configs.map((config) => config["@type"])).toContain(
      "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
    );
    const stats = await envoy.stats(/^cluster\.v[12]\.upstream_rq_total$/);
    expect([...stats.keys()].sort()).toEqual([
      "cluster.v1.upstream_rq_total",
      "cluster.v2.upstream_rq_total",
    ]);
    const { cluster_statuses: statuses = [] } = await envoy.clusters();
    expect(statuses.map((status) => status.name).sort()).toEqual(["v1", "v2"]);
  });

  it("passes on the failures of a backend", async () => {
    const port = await envoy.listenerPort("http");
    backends[1]?.failShare(1);
    const report = await runLoad({ port, total: 200 });
    backends[1]?.failShare(0);
    expect(report.failed).toBe(report.byVersion["v2"]);
    expect(report.failed).toBe(report.byStatus[500]);
    expect(Object.keys(report.failures)).toEqual(['500 {"version":"v2","instance":"v2"}']);
  });

  it("validates a bootstrap, with its reason", async () => {
    expect(await validateBootstrap(staticSplit(backends, [80, 20]))).toBeUndefined();
    expect(await validateBootstrap(staticSplit(backends, [0, 0]))).toMatch(/[Ss]um of weights/);
  });

  it("is gone after a kill", async () => {
    await envoy.kill();
    await eventually(() => !envoy.running, { what: "the end of Envoy" });
  });
});

function staticSplit(backends: readonly Backend[], weights: readonly number[]): object {
  const clusters = backends.map(({ version, host, port }) => ({
    name: version,
    type: "STATIC",
    load_assignment: {
      cluster_name: version,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: host, port_value: port } } } },
          ],
        },
      ],
    },
  }));
  const weighted = backends.map(({ version }, index) => ({
    name: version,
    weight: weights[index] ?? 0,
  }));
  const connectionManager = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "http",
    http_filters: [
      {
        name: "router",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
      },
    ],
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            { match: { prefix: "/" }, route: { weighted_clusters: { clusters: weighted } } },
          ],
        },
      ],
    },
  };
  const listener = {
    name: "http",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: connectionManager }] }],
  };
  return { static_resources: { listeners: [listener], clusters } };
}
