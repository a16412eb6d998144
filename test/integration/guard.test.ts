/**
 * The guard, whole: two replicas of serin over a real etcd, a real Envoy between users and two versions,
 * and a receiver of alerts. docs/guard.md tells it to people.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HistoryJson } from "../../src/api/history.ts";
import type { RolloutJson } from "../../src/api/rollouts.ts";
import { cli } from "../support/cli.ts";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { eventually } from "../support/wait.ts";

let scene: Scene;
let receiver: Server;
let load: Load | undefined;
const alerts: { readonly atMs: number; readonly body: Record<string, unknown> }[] = [];

const subsets = [{ name: "v1" }, { name: "v2", fallback: "v1" }];
const users = { host: "web" };

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      alerts.push({ atMs: performance.now(), body: JSON.parse(body) as Record<string, unknown> });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  scene = await startScene({ variant: "delta", servers: 2 });
  const { port } = receiver.address() as AddressInfo;
  const webhook = { url: `http://127.0.0.1:${port}/alerts` };
  await scene.apply("services/web", {
    subsets,
    guard: [{ name: "http-5xx", subset: "v2", onFailure: { alerts: [{ webhook }] } }],
  });
});

afterAll(async () => {
  await load?.stop();
  await scene?.stop();
  await new Promise((resolve) => receiver.close(resolve));
});

const weights = async (): Promise<unknown> =>
  JSON.parse((await scene.etcd.get("/serin/weights/web"))?.value ?? "{}");

const judged = async (): Promise<readonly RolloutJson[]> =>
  Promise.all(scene.servers.map((server) => server.api<RolloutJson>("/v1/rollouts/web")));

const verdicts = async (): Promise<readonly string[]> =>
  (await judged()).map(({ guards }) => guards[0]?.verdict ?? "none");

/** How many of so many requests v2 answers. */
const answersOfV2 = async (total: number): Promise<number> =>
  (await runLoad({ port: scene.port, headers: users, total })).byVersion["v2"] ?? 0;

describe("a guard, with two replicas, a real etcd and a real Envoy", () => {
  it("holds while nobody has asked for anything, and says so", async () => {
    const views = await eventually(
      async () => {
        const now = await judged();
        return now.every(({ guards }) => guards.length > 0) ? now : undefined;
      },
      { what: "both replicas to have looked" },
    );
    for (const { guards } of views) {
      expect(guards[0]).toMatchObject({ guard: "http-5xx", subset: "v2", verdict: "hold" });
      expect(guards[0]?.reason).toMatch(/^v2: (no data|stale)/);
    }
    expect(views.filter(({ leads }) => leads)).toHaveLength(1);
  });

  it("lets a good canary be, on both replicas' word, though the proxy reports to one", async () => {
    load = startLoad({ port: scene.port, headers: users, rate: 200 });
    await eventually(async () => (await verdicts()).every((verdict) => verdict === "pass"), {
      what: "both replicas to pass v2",
      timeoutMs: 30_000,
    });
    expect(await weights()).toEqual({ v1: 90, v2: 10 });
    expect(alerts).toEqual([]);
  });

  it("takes a version that fails 30 % to zero within 15 s, with evidence and one alert", async ({
    annotate,
  }) => {
    const { v2 } = scene;
    v2.failShare(0.3);
    const beganMs = performance.now();
    await eventually(async () => ((await weights()) as { v2: number }).v2 === 0, {
      what: "the weight of v2 to be 0",
      timeoutMs: 20_000,
    });
    const writtenMs = performance.now();
    await eventually(() => alerts.length > 0, { what: "the alert", timeoutMs: 15_000 });
    const [alert] = alerts;
    expect(writtenMs - beganMs).toBeLessThan(15_000);
    expect((alert?.atMs ?? Number.POSITIVE_INFINITY) - beganMs).toBeLessThan(15_000);
    // A second after the write, nobody sees v2 any more.
    await eventually(() => performance.now() - writtenMs >= 1_000, { what: "a second" });
    const served = v2.served();
    expect(await answersOfV2(500)).toBe(0);
    expect(v2.served()).toBe(served);
    expect(await weights()).toEqual({ v1: 90, v2: 0 });
    const { rows } = (await scene.servers[0]?.api<HistoryJson>("/v1/history/web")) ?? { rows: [] };
    const record = rows.find((row) => row.kind === "record" && row.by === "guard http-5xx");
    expect(record).toMatchObject({
      why: expect.stringMatching(/^v2: \d+ of \d+ requests failed/),
      evidence: { guard: "http-5xx", subset: "v2", rule: "result.ratio5xx > 0.05" },
    });
    expect(alert?.body).toMatchObject({ service: "web", severity: "error" });
    const [weightMs, alertMs] = [writtenMs, alert?.atMs ?? 0].map((at) => Math.round(at - beganMs));
    await annotate(`weight 0 after ${weightMs} ms, alert after ${alertMs} ms`);
  });

  it("keeps it away, whatever weights a person writes, and leaves those as they are", async () => {
    await scene.apply("weights/web", { v1: 50, v2: 50 });
    expect(await answersOfV2(300)).toBe(0);
    expect(await verdicts()).toEqual(["latched", "latched"]);
    expect(await weights()).toEqual({ v1: 50, v2: 50 });
    expect(await scene.servers[0]?.api("/v1/diagnostics")).toContainEqual(
      expect.objectContaining({
        code: "SPLIT_LATCHED",
        message: expect.stringContaining("serin rollout retry web"),
      }),
    );
    expect(alerts).toHaveLength(1);
  });

  it("brings it back by retry, and does not hold its old failures against it", async () => {
    scene.v2.failShare(0);
    const admin = `http://127.0.0.1:${scene.servers[1]?.adminPort}`;
    const retried = await cli(["rollout", "retry", "web", "--admin", admin]);
    expect(retried).toMatchObject({ code: 0, err: "" });
    expect(await answersOfV2(300)).toBeGreaterThan(50);
    await eventually(async () => (await verdicts()).every((verdict) => verdict === "pass"), {
      what: "both replicas to pass v2 again",
      timeoutMs: 30_000,
    });
    expect(await weights()).toEqual({ v1: 50, v2: 50 });
    const again = await cli(["rollout", "retry", "web", "--admin", admin]);
    expect(again.code).toBe(1);
    expect(again.err).toContain("no guard has taken out a version of web");
    const shown = await cli(["rollout", "get", "web", "--admin", admin]);
    expect(shown.out).toMatch(/GUARD +VERSION +VERDICT +WHY\nhttp-5xx +v2 +pass +v2: /);
  });

  it("takes it to zero again when it fails again, and the other replica leads by then", async () => {
    const [first, second] = await judged();
    const leader = scene.servers[first?.leads === true ? 0 : 1];
    expect([first?.leads, second?.leads].filter(Boolean)).toHaveLength(1);
    await leader?.kill();
    scene.v2.failShare(1);
    await eventually(async () => ((await weights()) as { v2: number }).v2 === 0, {
      what: "the weight of v2 to be 0 again",
      timeoutMs: 60_000,
    });
    await eventually(() => alerts.length === 2, { what: "the second alert", timeoutMs: 15_000 });
  });
});
