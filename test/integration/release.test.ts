/**
 * A progressive release, whole: two replicas of serin over a real etcd, a real Envoy between users and
 * two versions. docs/rollout.md tells it to people.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HistoryJson } from "../../src/api/history.ts";
import type { ReleaseJson, RolloutJson } from "../../src/api/rollouts.ts";
import { cli } from "../support/cli.ts";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { forget } from "../support/serin.ts";
import { eventually } from "../support/wait.ts";

let scene: Scene;
let load: Load | undefined;

const users = { host: "web" };
const plan = [0, 5, 20, 50, 100];

/** Short enough for a test; the look-back as well, so that old failures are forgotten soon. */
const release = {
  strategy: {
    canary: {
      stableSubset: "v1",
      canarySubset: "v2",
      steps: [
        { setWeight: 5 },
        { pause: { duration: "2s" } },
        { setWeight: 20 },
        { pause: { duration: "2s" } },
        { setWeight: 50 },
        { pause: { duration: "2s" } },
        { setWeight: 100 },
      ],
    },
  },
  guard: [{ name: "http-5xx", lookback: "20s" }],
};

beforeAll(async () => {
  scene = await startScene({ variant: "delta", servers: 2 });
  await scene.apply("services/web", { subsets: [{ name: "v1" }, { name: "v2" }] });
  await scene.apply("weights/web", { v1: 100, v2: 0 });
});

afterAll(async () => {
  await load?.stop();
  await scene?.stop();
});

const weights = async (): Promise<Readonly<Record<string, number>>> =>
  JSON.parse((await scene.etcd.get("/serin/weights/web"))?.value ?? "{}");

const alive = () => {
  const found = scene.servers.find(({ running }) => running);
  if (found === undefined) throw new Error("no replica runs");
  return found;
};

const adminOf = (port: number): string => `http://127.0.0.1:${port}`;

const shown = async (): Promise<ReleaseJson> => {
  const { release: found } = await alive().api<RolloutJson>("/v1/rollouts/web");
  if (found === null) throw new Error("there is no release");
  return found;
};

/** Every weight of the canary that a record of history tells of, the oldest first. */
const written = async (): Promise<readonly number[]> => {
  const { rows } = await alive().api<HistoryJson>("/v1/history/web");
  return rows
    .toReversed()
    .flatMap((row) => row.changes)
    .filter(({ key }) => key === "weights/web")
    .map(({ after }) => (JSON.parse(String(after)) as { v2: number }).v2);
};

const phase = (wanted: ReleaseJson["phase"], timeoutMs: number) =>
  eventually(async () => (await shown()).phase === wanted, {
    what: `the release to be ${wanted}`,
    timeoutMs,
  });

const reaches = (percent: number, timeoutMs: number) =>
  eventually(async () => (await weights())["v2"] === percent, {
    what: `the canary to have ${percent} %`,
    timeoutMs,
  });

const say = (...words: readonly string[]) =>
  cli(["rollout", ...words, "--admin", adminOf(alive().adminPort)]);

describe("a release, with two replicas, a real etcd and a real Envoy", () => {
  it("is led by the replica that no proxy is connected to", async () => {
    // The worst case: it knows of acknowledgements only by what the other one tells.
    const leadsAlone = async (): Promise<boolean> => {
      for (const server of scene.servers) {
        const { leads } = await server.api<RolloutJson>("/v1/rollouts/web");
        if (leads) return (await server.proxies()).length === 0;
      }
      return false;
    };
    await eventually(
      async () => {
        if (await leadsAlone()) return true;
        await scene.etcd.del("/serin/status/controller");
        return false;
      },
      { what: "the other replica to lead", timeoutMs: 30_000, intervalMs: 1_500 },
    );
  });

  it("waits until the canary can be judged, and says so", async () => {
    await scene.apply("rollouts/web", release);
    await reaches(5, 20_000);
    await eventually(async () => (await shown()).waitsFor === "Signal", {
      what: "the release to wait for requests",
      timeoutMs: 20_000,
    });
    const told = await say("get", "web");
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toMatch(/STEP +step 1 of 7 \(v2 at 5 %\)/);
    expect(told.out).toContain("waits until v2 can be judged");
    expect(told.out).toMatch(/http-5xx +v2 +hold +v2: /);
    expect(await weights()).toEqual({ v1: 95, v2: 5 });
  });

  it("goes 5, 20, 50, 100 by itself with a good canary, also when its leader is killed", async () => {
    scene.v2.failShare(0.01);
    load = startLoad({ port: scene.port, headers: users, rate: 200 });
    await reaches(20, 60_000);
    const views = await Promise.all(
      scene.servers.map((server) => server.api<RolloutJson>("/v1/rollouts/web")),
    );
    const leaders = views.map(({ leads }) => leads);
    expect(leaders.filter(Boolean)).toHaveLength(1);
    const leader = scene.servers[leaders.indexOf(true)] ?? expect.fail();
    await leader.kill();
    await forget(leader, scene.etcd);
    await phase("Healthy", 90_000);
    expect(await weights()).toEqual({ v1: 0, v2: 100 });
    // Each step once, in the order of the plan.
    expect(await written()).toEqual([5, 20, 50, 100]);
    expect((await runLoad({ port: scene.port, headers: users, total: 200 })).byVersion).toEqual({
      v2: 200,
    });
    await load.stop();
    load = undefined;
  });

  it("gives all traffic back by undo, and does not begin again by itself", async () => {
    scene.v2.failShare(0);
    const undone = await say("undo", "web", "--by", "ann", "--why", "wrong prices", "--wait");
    expect(undone).toMatchObject({ code: 0, err: "" });
    expect(await weights()).toEqual({ v1: 100, v2: 0 });
    await phase("Degraded", 10_000);
    const told = await shown();
    expect(told.aborted).toMatchObject({ by: "ann", reason: "wrong prices" });
    const { rows } = await alive().api<HistoryJson>("/v1/history/web");
    expect(rows[0]).toMatchObject({ kind: "record", by: "ann" });
  });

  it("begins again by retry, does not overwrite a person's weights, and aborts when told", async () => {
    load = startLoad({ port: scene.port, headers: users, rate: 200 });
    expect(await say("retry", "web", "--by", "ann")).toMatchObject({ code: 0, err: "" });
    await reaches(5, 30_000);
    const set = await cli([
      ...["weight", "set", "web", "v1=70", "v2=30", "--by", "bob"],
      ...["--admin", adminOf(alive().adminPort)],
    ]);
    expect(set).toMatchObject({ code: 0 });
    await eventually(async () => (await shown()).waitsFor === "WeightsChanged", {
      what: "the release to see the weights",
      timeoutMs: 20_000,
    });
    expect((await shown()).message).toContain("changed by bob");
    expect(await weights()).toEqual({ v1: 70, v2: 30 });
    expect(await say("abort", "web", "--by", "ann", "--wait")).toMatchObject({ code: 0, err: "" });
    expect(await weights()).toEqual({ v1: 100, v2: 0 });
    expect((await say("promote", "web")).err).toContain("was aborted by ann");
    const all = new Set(await written());
    all.delete(30);
    for (const percent of all) expect(plan).toContain(percent);
  });

  it("aborts without an outage where the stable version is gone, and ends when it is back", async () => {
    expect(await say("retry", "web")).toMatchObject({ code: 0, err: "" });
    await reaches(5, 30_000);
    await load?.stop();
    load = undefined;
    await scene.remove("endpoints/web/a");
    const answers = () => runLoad({ port: scene.port, headers: users, total: 200 });
    expect((await answers()).byVersion).toEqual({ v2: 200 });
    const aborted = await say("abort", "web", "--by", "ann", "--wait");
    expect(aborted).toMatchObject({ code: 0, err: "" });
    expect(aborted.out).toContain("v2 keeps its traffic as long as v1 has no instance");
    expect((await answers()).byVersion).toEqual({ v2: 200 });
    expect(await weights()).toEqual({ v1: 95, v2: 5 });
    expect((await shown()).phase).toBe("Degraded");
    await scene.apply("endpoints/web/a", {
      address: `127.0.0.1:${scene.v1.port}`,
      version: "v1",
    });
    await reaches(0, 20_000);
    await eventually(async () => (await answers()).byVersion["v1"] === 200, {
      what: "the stable version to answer alone",
      timeoutMs: 20_000,
    });
  });
});
