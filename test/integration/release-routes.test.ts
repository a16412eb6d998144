/**
 * Routes of a release and its salt, whole: a real etcd, a real serin that leads, a real Envoy between users and
 * two versions. docs/rollout.md tells it to people.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LoadJson } from "../../src/api/load.ts";
import type { ReleaseJson, RolloutJson } from "../../src/api/rollouts.ts";
import { ask, keptConnections } from "../support/asker.ts";
import { binomialInterval } from "../support/binomial.ts";
import { cli } from "../support/cli.ts";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

let scene: Scene;
let load: Load | undefined;

const host = "web";
const testers = { host, "x-tester": "1" };
const connections = keptConnections(8);

beforeAll(async () => {
  scene = await startScene({ variant: "delta" });
  await scene.apply("services/web", { subsets: [{ name: "v1" }, { name: "v2" }] });
  await scene.apply("weights/web", { v1: 100, v2: 0 });
  await scene.apply("routes/sticky", {
    hostnames: ["sticky"],
    rules: [
      { hashSplit: { headers: [{ name: "X-User-Id" }] }, backendRefs: [{ name: "web" }] },
      {
        matches: [{ path: { value: "/elsewhere" } }],
        backendRefs: [{ name: "nowhere" }],
      },
    ],
  });
});

afterEach(async () => {
  await load?.stop();
  load = undefined;
});

afterAll(async () => {
  connections.destroy();
  await scene?.stop();
});

const admin = (): readonly string[] => [
  "--admin",
  `http://127.0.0.1:${scene.servers[0]?.adminPort ?? 0}`,
];

const say = async (...words: readonly string[]) => {
  const told = await cli(["rollout", ...words, ...admin()]);
  expect(told).toMatchObject({ code: 0, err: "" });
  return told;
};

const shown = async (): Promise<ReleaseJson | null | undefined> =>
  (await scene.servers[0]?.api<RolloutJson>("/v1/rollouts/web"))?.release;

const waitsAtStep = (step: number) =>
  eventually(
    async () => {
      const release = await shown();
      return release?.step === step && release.waitsFor === "CanaryPauseStep";
    },
    { what: `the release to wait at step ${step}`, timeoutMs: 30_000 },
  );

const rollout = (...steps: readonly object[]) => ({
  strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } },
});

const header = (name: string) => [{ headerName: name, headerValue: { exact: "1" } }];

const requests = (headers: Readonly<Record<string, string>>, total: number, path = "/") =>
  runLoad({ port: scene.port, headers, total, path });

/** Requests of so many that v2 has got beside those that it answered: copies. */
async function copies(total: number, path: string): Promise<number> {
  const before = scene.v2.served();
  const report = await requests({ host }, total, path);
  expect(report.failures).toEqual({});
  const answered = report.byVersion["v2"] ?? 0;
  // A copy may still be on its way when the answer to the request is there.
  let last = -1;
  await eventually(
    () => {
      const now = scene.v2.served();
      const isQuiet = now === last;
      last = now;
      return isQuiet;
    },
    { what: "the copies to have come", intervalMs: 200 },
  );
  return last - before - answered;
}

describe("routes of a release", () => {
  it("send testers to the canary, whatever its weight is, and nobody else", async () => {
    const match = [{ method: { exact: "GET" }, path: { prefix: "/copied" } }];
    await scene.apply(
      "rollouts/web",
      rollout(
        { setHeaderRoute: { name: "testers", match: header("X-Tester") } },
        { setWeight: 5 },
        { setMirrorRoute: { name: "copies", percentage: 20, match } },
        { pause: {} },
        { setWeight: 50 },
      ),
    );
    await waitsAtStep(4);
    const report = await requests(testers, 1_000);
    expect(report).toMatchObject({ failures: {}, byVersion: { v2: 1_000 } });
    await expectShare(() => requests({ host }, 3_000), "v2", 0.05);
    await expectShare(() => requests({ host, "x-tester": "2" }, 3_000), "v2", 0.05);
  });

  it("copy the share of what matches, and no more", async ({ annotate }) => {
    const { low, high } = binomialInterval(3_000, 0.2, 0.999);
    let copied = await copies(3_000, "/copied/a?of=1");
    // A right share misses once in a thousand times.
    if (copied < low || copied > high) copied = await copies(3_000, "/copied/a?of=1");
    await annotate(`${copied} copies of 3,000 requests at 20 %`);
    expect(copied).toBeGreaterThanOrEqual(low);
    expect(copied).toBeLessThanOrEqual(high);
    expect(await copies(500, "/other")).toBe(0);
  });

  it("let the canary be judged by copies as well: proxies report them with its requests", async () => {
    const reported = async () => {
      const load = await scene.servers[0]?.api<LoadJson>("/v1/load?service=web");
      return load?.clusters.find(({ cluster }) => cluster === "web/v2")?.ok;
    };
    await eventually(async () => (await reported()) === scene.v2.served(), {
      what: "all that v2 has answered to be reported",
      timeoutMs: 20_000,
    });
  });

  it("hold in routes of people too, and make nothing reachable", async () => {
    const sticky = { ...testers, host: "sticky", "x-user-id": "7" };
    const own = await requests(sticky, 200);
    expect(own).toMatchObject({ failures: {}, byVersion: { v2: 200 } });
    for (const [path, name] of [
      ["/elsewhere", "sticky"],
      ["/", "unknown"],
    ] as const) {
      const headers = { ...testers, host: name };
      const { status } = await ask(connections, { port: scene.port, path, headers });
      expect([404, 500]).toContain(status);
    }
  });

  it("are told by explain, with the release that has made them", async () => {
    const told = await cli(["explain", "web", "-H", "x-tester: 1", ...admin()]);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toContain("taken by the route testers of the release rollouts/web");
    expect(told.out).toMatch(/goes to +web\/v2/);
    const others = await cli(["explain", "web", ...admin()]);
    expect(others.out).not.toContain("taken by");
  });

  it("are gone a second after an abort", async ({ annotate }) => {
    load = startLoad({ port: scene.port, headers: testers, rate: 200 });
    await eventually(() => (load?.report().byVersion["v2"] ?? 0) > 100, { what: "testers at v2" });
    await say("abort", "web", "--by", "ann", "--why", "wrong prices");
    const writtenMs = performance.now();
    let seenMs = writtenMs;
    let last = scene.v2.served();
    await eventually(
      () => {
        const [now, served] = [performance.now(), scene.v2.served()];
        if (served !== last) seenMs = now;
        last = served;
        return now - writtenMs >= 1_000;
      },
      { what: "a second", intervalMs: 5 },
    );
    const after = await load.stop();
    expect(after.failures).toEqual({});
    await annotate(`last request at v2 ${Math.round(seenMs - writtenMs)} ms after the abort`);
    expect(seenMs - writtenMs).toBeLessThan(1_000);
    expect(await requests(testers, 500)).toMatchObject({ byVersion: { v1: 500 } });
    expect(await copies(500, "/copied")).toBe(0);
    expect(scene.v2.served()).toBe(last);
  });
});

describe("the salt of a release", () => {
  const users = 1_000;

  /** Who meets v2. */
  async function atV2(): Promise<ReadonlySet<number>> {
    const seen = new Set<number>();
    const all = Array.from({ length: users }, async (_, user) => {
      const headers = { host: "sticky", "x-user-id": `user-${user}` };
      const reply = await ask(connections, { port: scene.port, headers });
      expect(reply.status).toBe(200);
      if (reply.headers["x-served-by"] === "v2") seen.add(user);
    });
    await Promise.all(all);
    return seen;
  }

  const expectCount = (count: number, share: number) => {
    const { low, high } = binomialInterval(users, share, 0.9999);
    expect(count).toBeGreaterThanOrEqual(low);
    expect(count).toBeLessThanOrEqual(high);
  };

  const grow = (percents: readonly number[]) =>
    rollout(...percents.flatMap((setWeight) => [{ setWeight }, { pause: {} }]));

  it("keeps whom the canary has while it grows", async () => {
    await scene.apply("rollouts/web", grow([10, 30, 60]));
    let before: ReadonlySet<number> = new Set();
    for (const [index, percent] of [10, 30, 60].entries()) {
      await waitsAtStep(2 * (index + 1));
      const now = await atV2();
      expectCount(now.size, percent / 100);
      expect([...before].filter((user) => !now.has(user))).toEqual([]);
      expect(await atV2()).toEqual(now);
      before = now;
      if (percent < 60) await say("promote", "web", "--by", "ann");
    }
  });

  it("gives the next release other users to begin with", async () => {
    const firstAt = async (percents: readonly number[]) => {
      await say("undo", "web", "--by", "ann", "--wait");
      await scene.apply("rollouts/web", grow(percents));
      await waitsAtStep(2);
      return atV2();
    };
    const one = await firstAt([20, 40]);
    const other = await firstAt([20, 50]);
    expectCount(one.size, 0.2);
    expectCount(other.size, 0.2);
    // By chance a fifth of a fifth is in both.
    const both = [...other].filter((user) => one.has(user)).length;
    const { low, high } = binomialInterval(other.size, one.size / users, 0.9999);
    expect(both).toBeGreaterThanOrEqual(low);
    expect(both).toBeLessThanOrEqual(high);
  });
});
