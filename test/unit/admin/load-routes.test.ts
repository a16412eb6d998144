import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { ClusterLoad } from "../../../src/observe/load/report.ts";
import { type AdminLab, adminLab } from "../../support/admin.ts";

let lab: AdminLab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function start(): Promise<AdminLab> {
  lab = await adminLab();
  return lab;
}

const counts = (ok: number, errors = 0, inProgress = 0) => ({ ok, errors, inProgress });

const cluster = (name: string, addresses: readonly string[] = []): ClusterLoad => ({
  ...{ cluster: name, serviceName: "", dropped: 3, ...counts(9, 1, 2) },
  metrics: new Map([["ms", { count: 10, total: 250 }]]),
  endpoints: addresses.map((address) => ({ address, ...counts(9, 1, 2) })),
});

function report({ app }: AdminLab, stream: number, ...clusters: readonly ClusterLoad[]): void {
  const { tally, nowMs } = app.load();
  const of = { reporter: "edge-1", atMs: nowMs, intervalMs: 2_000, restsWhenIdle: false };
  tally.report(stream, { ...of, clusters });
}

const leave = ({ app }: AdminLab, stream: number): void => app.load().tally.left(stream);

describe("/v1/load", () => {
  it("is empty before anybody reports", async () => {
    const { json } = await (await start()).get("/v1/load");
    expect(json).toEqual({ reporters: 0, ageMs: null, leftOut: 0, clusters: [] });
  });

  it("tells what came of the requests, by cluster and by endpoint", async () => {
    const running = await start();
    report(running, 1, cluster("web/v1", ["10.0.0.1:80"]), cluster("shop/v1"));
    report(running, 2, cluster("web/v1", ["10.0.0.1:80"]));
    const { json } = await running.get("/v1/load");
    const ageMs = expect.any(Number);
    expect(json).toMatchObject({ reporters: 2, ageMs, leftOut: 0 });
    const sum = { ok: 18, errors: 2, inProgress: 4 };
    const ms = { ms: { count: 20, total: 500 } };
    expect(json.clusters[0]).toEqual({
      ...{ cluster: "web/v1", ...sum, dropped: 6, reporters: 2, ageMs, metrics: ms },
      latencyMs: null,
      endpoints: [{ address: "10.0.0.1:80", ...sum, ageMs }],
    });
    expect(json.clusters[0].ageMs).toBeGreaterThanOrEqual(0);
    expect(json.clusters).toHaveLength(2);
  });

  it("tells how long the last requests took, where proxies tell it", async () => {
    const running = await start();
    const { latency, nowMs } = running.app.load();
    report(running, 1, cluster("web/v1"), cluster("web/v2"));
    latency.add("web/v1", { scale: [10, 20], counts: [0, 3, 0] }, nowMs);
    const { json } = await running.get("/v1/load?service=web");
    const [v1, v2] = json.clusters as readonly { readonly latencyMs: unknown }[];
    expect([v1?.latencyMs, v2?.latencyMs]).toEqual([{ p50: 15, p99: 19.9 }, null]);
  });

  it("keeps the counts of those who went, and says that they did", async () => {
    const running = await start();
    report(running, 1, cluster("web/v1"));
    leave(running, 1);
    const { json } = await running.get("/v1/load");
    expect(json).toMatchObject({ reporters: 0, ageMs: null });
    expect(json.clusters).toMatchObject([{ ok: 9, inProgress: 0, reporters: 0, ageMs: null }]);
  });

  it("tells who reports", async () => {
    const running = await start();
    report(running, 1);
    report(running, 2, cluster("web/v1"));
    leave(running, 1);
    const { json } = await running.get("/v1/load/reporters");
    expect(json).toEqual([{ node: "edge-1", ageMs: expect.any(Number), intervalMs: 2_000 }]);
  });

  it("gives one service where one is asked for, and not one that begins like it", async () => {
    const running = await start();
    report(running, 1, cluster("web/v1"), cluster("web/v2"), cluster("web2/v1"), cluster("web"));
    const { json } = await running.get("/v1/load?service=web");
    expect(json.clusters.map((each: { cluster: string }) => each.cluster)).toEqual([
      ...["web/v1", "web/v2"],
    ]);
  });

  it("is refused where it is more than one answer takes, but for one service", async () => {
    const running = await start();
    const addresses = Array.from({ length: limits.admin.loadEntries }, (_, n) => `a:${n}`);
    report(running, 1, cluster("big/v1", addresses), cluster("web/v1"));
    const { status, json } = await running.get("/v1/load");
    expect(status).toBe(422);
    expect(json.detail).toContain("10002 clusters and endpoints");
    expect((await running.get("/v1/load?service=web")).json.clusters).toHaveLength(1);
  });
});
