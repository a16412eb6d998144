/**
 * The only instance of a version dies. Proxies see that at once and turn to the stable version by
 * themselves; the guard stays out of it, for nothing but `retry` would bring back what it takes out, and a
 * version that is gone has to come back by itself. docs/health.md tells it to people.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoadJson } from "../../src/api/load.ts";
import type { RolloutJson } from "../../src/api/rollouts.ts";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import type { LoadReport } from "../support/load-report.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

const rate = 200;
/** So that some requests are under way to v2 when it dies. */
const delayMs = 50;
/**
 * Whatever is sent to v2 within the time of one answer may be under way: by chance all of it. Those may
 * fail, for Envoy does not send again what an instance may have begun; and one more that the generator
 * sends while it catches up. A connection that fails is tried again, at the stable version.
 */
const underWayMost = (rate * delayMs) / 1_000 + 1;

const users = { host: "web" };

let scene: Scene;
let load: Load | undefined;
let revived: Backend | undefined;

beforeAll(async () => {
  scene = await startScene({ variant: "delta" });
  await scene.apply("services/web", {
    subsets: [{ name: "v1" }, { name: "v2", fallback: "v1" }],
    healthCheck: { http: { path: "/health" }, interval: "500ms", healthyThreshold: 1 },
    // An ejection is not ended by a probe, so it is short here; its default is 30 s.
    outlierDetection: { consecutive5xx: 1, interval: "1s", baseEjectionTime: "5s" },
    retry: { attempts: 2 },
    guard: [{ name: "http-5xx", subset: "v2" }],
  });
});

afterAll(async () => {
  await load?.stop();
  await scene?.stop();
  await revived?.close();
});

const weights = async (): Promise<unknown> =>
  JSON.parse((await scene.etcd.get("/serin/weights/web"))?.value ?? "{}");

const judged = async (): Promise<RolloutJson | undefined> =>
  scene.servers[0]?.api<RolloutJson>("/v1/rollouts/web");

const verdict = async (): Promise<string | undefined> => (await judged())?.guards[0]?.verdict;

/** The rest of what the running load has sent until so many more requests have ended. */
async function afterMore(requests: number): Promise<LoadReport> {
  const running = load;
  if (running === undefined) throw new Error("no load runs");
  const { total } = running.report();
  await eventually(() => running.report().total >= total + requests, {
    what: `${requests} requests more`,
    timeoutMs: 30_000,
  });
  return running.take();
}

describe("a guarded version whose only instance dies", () => {
  it("fails nobody but those under way: the stable version answers", async ({ annotate }) => {
    scene.v2.delay(delayMs);
    load = startLoad({ port: scene.port, headers: users, rate });
    await eventually(async () => (await verdict()) === "pass", {
      what: "the guard to pass v2",
      timeoutMs: 30_000,
    });
    // So many that what is under way cannot be more than 5 % of them, and prove a failure.
    await eventually(() => scene.v2.served() >= 250, { what: "250 answers", timeoutMs: 30_000 });
    expect(load.take().failures).toEqual({});
    await scene.v2.close();
    const { failed, failures } = await afterMore(1_000);
    expect(failed, JSON.stringify(failures)).toBeLessThanOrEqual(underWayMost);
    await annotate(`${failed} requests failed, ${underWayMost} may`);
    // And now that it is known, nobody.
    expect((await afterMore(400)).failures).toEqual({});
    expect(await runLoad({ port: scene.port, headers: users, total: 400 })).toMatchObject({
      failures: {},
      byVersion: { v1: 400 },
    });
  });

  it("is not taken out by the guard: a few attempts failed, and proxies send it no more", async ({
    annotate,
  }) => {
    const { clusters } = (await scene.servers[0]?.api<LoadJson>("/v1/load?service=web")) ?? {
      clusters: [],
    };
    const errors = clusters.find(({ cluster }) => cluster === "web/v2")?.errors ?? 0;
    await annotate(`${errors} attempts at v2 failed`);
    const now = await judged();
    expect(now?.latched).toEqual([]);
    expect(now?.guards).toMatchObject([{ guard: "http-5xx", subset: "v2" }]);
    expect(["pass", "hold"]).toContain(now?.guards[0]?.verdict);
    expect(await weights()).toEqual({ v1: 90, v2: 10 });
  });

  it("comes back by itself, with its traffic, when there is an instance again", async ({
    annotate,
  }) => {
    const beganMs = performance.now();
    revived = await startBackend({ version: "v2", port: scene.v2.port });
    await eventually(() => (revived?.served() ?? 0) > 0, {
      what: "v2 to answer again",
      timeoutMs: 30_000,
    });
    await annotate(`v2 answered ${Math.round(performance.now() - beganMs)} ms after its start`);
    await expectShare(() => afterMore(2_000), "v2", 0.1);
    expect((await judged())?.latched).toEqual([]);
    expect(await weights()).toEqual({ v1: 90, v2: 10 });
    expect((await load?.stop())?.failed).toBeLessThanOrEqual(underWayMost);
  });
});
