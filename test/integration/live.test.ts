/**
 * What whoever watches a release is told, held against what happens: a real Envoy with requests, and a real
 * etcd with its past. docs/live.md tells it to people.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanJson } from "../../src/api/plan.ts";
import type { ServiceFiguresJson, ServiceSummary } from "../../src/api/services.ts";
import type { SnapshotDiffJson } from "../../src/api/snapshot-diff.ts";
import { cli } from "../support/cli.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { type EventReader, readEvents } from "../support/event-reader.ts";
import { runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import type { Serin } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

describe("whoever watches", () => {
  let scene: Scene;
  let serin: Serin;
  let reader: EventReader | undefined;

  beforeAll(async () => {
    scene = await startScene({ variant: "delta" });
    const [server] = scene.servers;
    if (server === undefined) throw new Error("no serin");
    serin = server;
  });
  afterAll(async () => {
    reader?.close();
    await scene?.stop();
  });

  const plan = async (...objects: readonly object[]): Promise<PlanJson> => {
    const response = await fetch(`http://127.0.0.1:${serin.adminPort}/v1/plan`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ objects }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as PlanJson;
  };

  const snapshotDiff = (...asked: readonly string[]) =>
    cli(["snapshot", "diff", ...asked, "--admin", `http://127.0.0.1:${serin.adminPort}`]);

  it("sees the requests that are made, by version, in events and in figures", async () => {
    reader = await readEvents(`http://127.0.0.1:${serin.adminPort}/v1/events?service=web`);
    const proxies = await reader.event(({ name }) => name === "proxies", "the proxies");
    expect(proxies.data).toMatchObject({ connected: 1, nacked: 0 });
    const rate = 100;
    const load = startLoad({ port: scene.port, headers: { host: "web" }, rate });
    const told = await eventually(
      () =>
        reader?.events.findLast(
          ({ name, data }) =>
            name === "figures" && sumOf(data.versions) > rate / 2 && data.versions.length === 2,
        ),
      { what: "the requests in an event", timeoutMs: 40_000 },
    );
    await load.stop();
    const [v1, v2] = told.data.versions;
    expect([v1.version, v2.version]).toEqual(["v1", "v2"]);
    expect(v1.requestsPerSecond).toBeGreaterThan(v2.requestsPerSecond);
    // Reports and steps do not keep time with each other.
    expect(sumOf(told.data.versions)).toBeLessThan(2 * rate);
    expect(v1.errorRatio).toBe(0);
    const figures = await serin.api<ServiceFiguresJson>("/v1/services/web/figures");
    const points = figures.points.map(({ versions }) => sumOf(versions));
    expect(points).toContain(sumOf(told.data.versions));
    const { split } = await serin.api<ServiceSummary>("/v1/services/web");
    expect(split).toEqual([
      { version: "v1", percent: 90, weight: 90, instances: 1 },
      { version: "v2", percent: 10, weight: 10, instances: 1 },
    ]);
  });

  it("sees a change that was planned come about, and what it changed", async () => {
    const before = await scene.put("status/test", 1);
    const planned = await plan({ key: "weights/web", value: { v1: 0, v2: 100 } });
    expect(planned.weights).toEqual([
      { service: "web", before: { v1: 90, v2: 10 }, after: { v1: 0, v2: 100 } },
    ]);
    expect(planned.proxies).toEqual({ connected: 1, affected: 1, nodes: ["edge-1"] });
    const count = reader?.events.length ?? 0;
    await scene.apply("weights/web", { v1: 0, v2: 100 });
    const told = await reader?.event(({ name }) => name === "service", "the split", count);
    expect(told?.data.split).toMatchObject([{ percent: 0 }, { percent: 100 }]);
    const { byVersion } = await runLoad({ port: scene.port, headers: { host: "web" }, total: 50 });
    expect(byVersion).toEqual({ v2: 50 });
    const diff = await serin.api<SnapshotDiffJson>(`/v1/snapshot/diff?from=${before}&bodies=true`);
    expect(diff.resources).toEqual(planned.resources);
    expect(diff.bodies?.map(({ diff: text }) => text).join("")).toContain('"weight": 10000');
    const shown = await snapshotDiff(String(before), "--bodies");
    expect(shown).toMatchObject({ code: 1, err: "" });
    expect(shown.out).toMatch(/^PLACE +TYPE +RESOURCES\n/);
    expect(shown.out).toContain("\n+");
  });

  it("sees the past of etcd until it is compacted", async () => {
    const present = await scene.put("endpoints/web/c", {
      address: `127.0.0.1:${scene.v1.port}`,
      version: "v3",
    });
    const url = `/v1/snapshot/diff?from=${present - 1}&to=${present}`;
    const { resources } = await eventually(() => serin.api<SnapshotDiffJson>(url), {
      what: "the server to have read it",
    });
    expect(resources.flatMap(({ added }) => added)).toContain("web/v3");
    expect(await serin.status(`/v1/snapshot/diff?from=1&to=${present + 1_000}`)).toBe(404);
    const past = ["snapshot", "get", String(present - 1), "-o", "json"];
    const gateway = ["--default-gateway", `127.0.0.1:${scene.port}`];
    const direct = ["--store", `etcd://${scene.etcd.endpoint}`, ...gateway];
    const asked = await cli([...past, "--admin", `http://127.0.0.1:${serin.adminPort}`]);
    const read = await cli([...past, ...direct]);
    expect(asked).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(read.out).revision).toBe(present - 1);
    expect(JSON.parse(read.out)).toEqual(JSON.parse(asked.out));
    expect(read.out).not.toContain("web/v3");
    const two = [String(present - 1), String(present)];
    const compared = await cli(["snapshot", "diff", ...two, "-o", "json", ...direct]);
    expect(compared.code).toBe(1);
    expect(JSON.parse(compared.out)).toMatchObject({ from: present - 1, to: present, resources });
    await etcdHttp(scene.etcd.endpoint).compact(BigInt(present));
    expect(await serin.status(url)).toBe(410);
    expect(await serin.status(`/v1/snapshot/diff?from=${present}`)).toBe(200);
    const gone = await snapshotDiff(String(present - 1), String(present));
    expect(gone).toMatchObject({ code: 2, out: "" });
    expect(gone.err).toMatch(/^serin: .*compacted/);
    const same = await snapshotDiff(String(present), String(present));
    expect(same.code).toBe(0);
    expect(same.out).toBe(`the resources of revisions ${present} and ${present} are the same\n`);
  });
});

const sumOf = (versions: ServiceFiguresJson["points"][number]["versions"]): number =>
  versions.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
