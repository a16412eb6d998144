import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { splitOf } from "../../../src/translate/split/split.ts";
import { subsetsOf } from "../../../src/translate/split/subsets.ts";
import { ReleaseLab } from "../../support/release-lab.ts";

let lab: ReleaseLab;

beforeEach(async () => {
  lab = new ReleaseLab();
  await lab.putInstances();
  await lab.put("weights/web", { v1: 100, v2: 0 });
  lab.canary.length = 0;
});

afterEach(() => lab.close());

const pause = { pause: { duration: "10s" } };
const plain = [{ setWeight: 5 }, pause, { setWeight: 20 }, pause, { setWeight: 50 }, pause];

const rollout = (more: object = {}, steps: readonly object[] = plain, canary: object = {}) =>
  lab.put("rollouts/web", {
    strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps, ...canary } },
    ...more,
  });

const events = () => lab.events.map(({ event }) => event);
const phase = async () => (await lab.status()).phase;
const waitsFor = async () => (await lab.status()).waits?.for;

/** As a guard does it, in one act. */
async function trip(): Promise<void> {
  const latch = { atMs: 1, guard: "http-5xx", evidence: "v2: 9 of 24 requests failed" };
  const values = {
    "weights/web": { v1: 100, v2: 0 },
    "status/guards/web": { latched: { v2: latch }, retried: {}, operation: "x" },
  };
  const writes = Object.entries(values).map(
    ([key, value]) => ({ kind: "put", key, value: Buffer.from(JSON.stringify(value)) }) as const,
  );
  await lab.store.transact({ compare: [], writes });
}

describe("a release at work", () => {
  it("goes 5, 20, 50, 100 by itself, and is complete", async () => {
    await lab.replica("a");
    await rollout();
    await lab.pass(60_000);
    expect(lab.canary).toEqual([5, 20, 50, 100]);
    expect(await phase()).toBe("Healthy");
    expect(await lab.weights()).toEqual({ v1: 0, v2: 100 });
    expect([events()[0], events().at(-1)]).toEqual(["Begun", "Completed"]);
    const records = await lab.keys("history/web/");
    expect(records).toHaveLength(4);
    expect(lab.tried).toEqual(events().map((event) => `${event} done`));
    expect(Buffer.from(records[0]?.value ?? "").toString()).toContain('"by":"release of v2"');
    expect(lab.troubles).toEqual([]);
  });

  it("waits for proxies, for guards that see nothing, and writes nothing meanwhile", async () => {
    const replica = await lab.replica("a");
    lab.acked = { kind: "none" };
    await rollout();
    await lab.pass(5_000);
    expect(lab.canary).toEqual([]);
    expect(await waitsFor()).toBe("NoProxies");
    lab.acked = { kind: "applied" };
    lab.blind = ["v2: no data, no proxy reports"];
    await lab.pass(30_000);
    expect(lab.canary).toEqual([5]);
    expect(await waitsFor()).toBe("Signal");
    expect(replica.holds()).toContain("no data, no proxy reports");
    const { modRevision } = (await lab.get("status/rollouts/web")) ?? {};
    await lab.pass(30_000);
    expect((await lab.get("status/rollouts/web"))?.modRevision).toBe(modRevision);
    lab.blind = [];
    await lab.pass(60_000);
    expect(lab.canary).toEqual([5, 20, 50, 100]);
  });

  it("goes on elsewhere when its leader dies, and does no step twice", async () => {
    const first = await lab.replica("a");
    const second = await lab.replica("b");
    await rollout();
    await lab.pass(15_000);
    expect(lab.canary).toEqual([5, 20]);
    expect([first.leads, second.leads]).toEqual([true, false]);
    await first.kill();
    await lab.pass(90_000);
    expect(second.leads).toBe(true);
    expect(lab.canary).toEqual([5, 20, 50, 100]);
    expect(await phase()).toBe("Healthy");
    const steps = lab.events.filter(({ event }) => event === "StepWritten");
    expect(new Set(steps.map(({ reason }) => reason)).size).toBe(steps.length);
  });

  it("looks a lost answer up, and does the step once, whether it was done or not", async () => {
    const { faulty } = await lab.replica("a");
    await rollout();
    for (let round = 0; round < 40; round++) {
      faulty.faults.push(round % 2 === 0 ? "doneUnanswered" : "undoneUnanswered");
      await lab.pass(2_500);
    }
    expect(lab.canary).toEqual([5, 20, 50, 100]);
    expect(await phase()).toBe("Healthy");
  });

  it("does not overwrite what a person writes in the moment of its act", async () => {
    const { faulty } = await lab.replica("a");
    await rollout();
    await lab.pass(9_000);
    expect(lab.canary).toEqual([5]);
    const isStep = (): boolean =>
      faulty.asked.at(-1)?.writes.some(({ key }) => key === "weights/web") === true;
    for (let act = 0; act < 50; act++) {
      faulty.faults.push(async () => {
        if (isStep()) await lab.put("weights/web", { v1: 70, v2: 30 });
      });
    }
    await lab.pass(30_000);
    expect(lab.canary).toEqual([5, 30]);
    expect(await waitsFor()).toBe("WeightsChanged");
    expect(await lab.weights()).toEqual({ v1: 70, v2: 30 });
  });

  it("does nothing over weights that cannot be read, and says so once", async () => {
    await lab.replica("a");
    await rollout();
    await lab.pass(5_000);
    await lab.put("weights/web", "{ no weights");
    await lab.pass(20_000);
    expect(lab.troubles).toEqual([expect.stringContaining("weights/web cannot be read")]);
    expect(Buffer.from((await lab.get("weights/web"))?.value ?? "").toString()).toBe(
      "{ no weights",
    );
  });

  it("waits for the proxies to have a route of its own, for which no weight is written", async () => {
    await lab.replica("a");
    lab.acked = { kind: "pending", behind: ["edge-1"] };
    const match = [{ headerName: "x", headerValue: { exact: "1" } }];
    await rollout({}, [{ setHeaderRoute: { name: "beta", match } }, { setWeight: 50 }]);
    await lab.pass(20_000);
    expect(lab.canary).toEqual([]);
    expect(await lab.status()).toMatchObject({ step: 0, waits: { for: "Acknowledgement" } });
    expect((await lab.status()).message).toContain("header route beta");
    const { modRevision } = (await lab.get("status/rollouts/web")) ?? {};
    await lab.pass(20_000);
    expect((await lab.get("status/rollouts/web"))?.modRevision).toBe(modRevision);
    lab.acked = { kind: "applied" };
    await lab.pass(20_000);
    expect(lab.canary).toEqual([50, 100]);
  });

  it("is aborted by a guard's latch", async () => {
    await lab.replica("a");
    await rollout();
    await lab.pass(5_000);
    await trip();
    await lab.pass(5_000);
    expect(lab.canary).toEqual([5, 0]);
    expect((await lab.status()).aborted?.by).toBe("guard http-5xx");
    await lab.pass(60_000);
    expect(lab.canary).toEqual([5, 0]);
  });

  it("leaves a person's weights alone that came between the guard's act and its own", async () => {
    const a = await lab.replica("a");
    await rollout();
    await lab.pass(5_000);
    await a.kill();
    await trip();
    await lab.put("weights/web", { v1: 50, v2: 50 });
    await lab.replica("b");
    await lab.pass(60_000);
    expect((await lab.status()).aborted?.by).toBe("guard http-5xx");
    expect(await lab.weights()).toEqual({ v1: 50, v2: 50 });
  });
});

describe("analyses of a release", () => {
  const own = (more: object = {}) => ({
    name: "errors",
    interval: "10s",
    count: 2,
    failureCondition: "result.ratio5xx > 0.05",
    ...more,
  });

  it("go through with a good canary, one measurement in an interval", async () => {
    await lab.replica("a");
    await rollout({}, [{ setWeight: 5 }, { analysis: { metrics: [own()] } }, { setWeight: 100 }]);
    await lab.pass(8_000);
    expect((await lab.status()).tallies.get("errors")).toMatchObject({ successful: 1 });
    expect(lab.canary).toEqual([5]);
    await lab.pass(30_000);
    expect(lab.canary).toEqual([5, 100]);
  });

  it("abort a canary that fails, with the evidence, and tell who wants to know", async () => {
    await lab.replica("a");
    lab.errors = 300;
    const alerts = ["info", "error"].map((severity) => ({
      severity,
      webhook: { url: `http://127.0.0.1:9/${severity}` },
    }));
    await rollout({ alerts }, [{ setWeight: 5 }, { analysis: { metrics: [own()] } }]);
    await lab.pass(20_000);
    expect(lab.canary).toEqual([5, 0]);
    const { aborted } = await lab.status();
    expect(aborted?.by).toBe("analysis errors");
    expect(aborted?.reason).toMatch(/^of 1 measurement 1 failed: v2: 300 of 1000 requests failed/);
    const told = (await lab.keys("status/alerts/")).map(({ value }) =>
      JSON.parse(Buffer.from(value).toString()),
    );
    const aborts = told.filter(({ title }) => title === "the release is aborted (v2)");
    expect(aborts.map(({ severity }) => severity)).toEqual(["error", "error"]);
    expect(told.some(({ severity }) => severity === "info")).toBe(true);
  });

  it("watch from the background, and abort in the middle of a pause", async () => {
    await lab.replica("a");
    const analysis = { metrics: [own({ count: undefined })] };
    await rollout({}, [{ setWeight: 5 }, { pause: {} }], { analysis });
    await lab.pass(25_000);
    const { backgroundSinceMs, reachedMs, tallies } = await lab.status();
    expect(backgroundSinceMs).toBeLessThanOrEqual(reachedMs ?? 0);
    expect(tallies.get("background/errors")).toMatchObject({ successful: 3 });
    lab.errors = 300;
    await lab.pass(15_000);
    expect(lab.canary).toEqual([5, 0]);
    expect((await lab.status()).aborted?.by).toBe("analysis errors");
  });

  it("ask other providers, and pause where they cannot be asked", async () => {
    await lab.replica("a");
    const provider = { web: { url: "http://127.0.0.1:9/figure", jsonPath: "$.value" } };
    const metric = own({ provider, failureCondition: "result > 0.5", consecutiveErrorLimit: 1 });
    await rollout({}, [{ setWeight: 5 }, { analysis: { metrics: [metric] } }]);
    lab.figure = undefined;
    await lab.pass(30_000);
    expect(lab.canary).toEqual([5]);
    expect(await waitsFor()).toBe("InconclusiveAnalysisRun");
    expect((await lab.status()).message).toContain("nobody answers");
    lab.figure = 0.1;
    expect((await lab.say("promote")).ok).toBe(true);
    await lab.pass(30_000);
    expect(lab.canary).toEqual([5, 100]);
  });
});

describe("webhooks of a release", () => {
  const gate = (type: string) => ({ name: type, type, url: `http://127.0.0.1:9/${type}` });

  it("hold while they refuse or fail, are asked again, and hear of the release", async () => {
    await lab.replica("a");
    lab.answer = () => 403;
    await rollout({ webhooks: [gate("confirm-rollout"), gate("event")] });
    await lab.pass(5_000);
    expect(await waitsFor()).toBe("Gate");
    lab.answer = () => undefined;
    await lab.pass(limits.rollout.askAgainMs);
    expect(await waitsFor()).toBe("GateFailed");
    expect(lab.canary).toEqual([]);
    lab.answer = () => 204;
    await lab.pass(limits.rollout.askAgainMs + 5_000);
    expect(lab.canary[0]).toBe(5);
    expect(lab.posts.filter(({ type }) => type === "confirm-rollout")).toHaveLength(3);
    const heard = lab.posts.filter(({ type }) => type === "event").map(({ event }) => event);
    expect(heard).toEqual(expect.arrayContaining(["Begun", "StepWritten"]));
    expect(lab.posts[0]).toMatchObject({ name: "web", canary: "v2", step: 0 });
  });

  it("roll back where one asks for it", async () => {
    await lab.replica("a");
    lab.answer = () => 404;
    await rollout({ webhooks: [gate("rollback")] });
    await lab.pass(5_000);
    expect(lab.canary).toEqual([5]);
    lab.answer = () => 200;
    await lab.pass(limits.rollout.askAgainMs + 5_000);
    expect(lab.canary.at(-1)).toBe(0);
    expect((await lab.status()).aborted?.by).toBe("webhook rollback");
  });
});

describe("what people say to a release", () => {
  it("is recorded with who said it and why, and an abort wins over everything", async () => {
    await lab.replica("a");
    await rollout({}, [{ setWeight: 5 }, { pause: {} }]);
    await lab.pass(5_000);
    expect((await lab.say("pause")).ok).toBe(true);
    expect(await phase()).toBe("Paused");
    expect((await lab.say("resume")).ok).toBe(true);
    const records = (await lab.keys("history/web/")).map(({ value }) =>
      JSON.parse(Buffer.from(value).toString()),
    );
    expect(records.map(({ why }) => why)).toEqual([
      "step 1 of 3 (v2 at 5 %) is written",
      "held by ann",
      "let go on by ann",
    ]);
    const { faulty } = await lab.replica("person");
    // The release, or somebody else, is quicker five times.
    for (let turn = 0; turn < 5; turn++) {
      faulty.faults.push(() => lab.put("weights/web", { v1: 90 - turn, v2: 10 + turn }));
    }
    const aborted = await lab.say("abort", faulty.store);
    expect(aborted).toMatchObject({ ok: true });
    expect(await lab.weights()).toEqual({ v1: 100, v2: 0 });
    await lab.pass(60_000);
    expect(await lab.weights()).toEqual({ v1: 100, v2: 0 });
    expect(await lab.say("promoteFull")).toMatchObject({ ok: false, error: { kind: "refused" } });
  });

  it("retry brings back what a guard has taken out, in the same act", async () => {
    await lab.replica("a");
    await rollout();
    await lab.pass(5_000);
    await trip();
    await lab.pass(5_000);
    const retried = await lab.say("retry");
    expect(retried).toMatchObject({ ok: true, value: { subsets: ["v2"] } });
    const guards = await lab.get("status/guards/web");
    const status = await lab.get("status/rollouts/web");
    expect(guards?.modRevision).toBe(status?.modRevision);
    expect(JSON.parse(Buffer.from(guards?.value ?? "").toString())).toMatchObject({
      latched: {},
      retried: { v2: lab.clock.wallMs() },
    });
    await lab.pass(60_000);
    expect(lab.canary).toEqual([5, 0, 5, 20, 50, 100]);
  });

  it("is refused where there is no release, with the reason", async () => {
    expect(await lab.say("abort")).toEqual({
      ok: false,
      error: { kind: "refused", message: "there is no rollouts/web" },
    });
    expect(await lab.say("retry")).toMatchObject({
      error: { message: "no guard has taken out a version of web" },
    });
  });
});

describe("an abort while the stable version has no instance", () => {
  /** Where the data plane sends requests, by what is in the store. */
  const takers = async () => {
    const { state } = createDecoder().start(await lab.whole());
    const service = state.services.get("web" as ServiceName);
    assert(service !== undefined);
    const subsets = new Map(subsetsOf(service).map((each) => [each.name, each]));
    const { shares } = splitOf(service, [...subsets.values()]);
    const taking = shares.filter(({ weight }) => weight > 0);
    return taking.map(({ subset }) => [subset, subsets.get(subset)?.usable]);
  };

  it("makes no outage, tells who is to know, and ends when it is back", async () => {
    lab.answer = () => 500;
    const replica = await lab.replica("a");
    const alerts = [{ severity: "error", webhook: { url: "http://127.0.0.1:9/alerts" } }];
    const webhooks = [{ name: "ask", type: "rollback", url: "http://127.0.0.1:9/rollback" }];
    await rollout({ alerts, webhooks }, [{ setWeight: 50 }, { pause: {} }]);
    await lab.pass(5_000);
    expect(await lab.weights()).toEqual({ v1: 50, v2: 50 });
    await lab.remove("endpoints/web/a");
    expect(await takers()).toEqual([["v2", true]]);
    lab.answer = () => 200;
    await lab.pass(15_000);
    expect(await phase()).toBe("Degraded");
    expect(await takers()).toEqual([["v2", true]]);
    const why = "v2 keeps its traffic as long as v1 has no instance";
    expect((await lab.status()).message).toContain("v2 keeps its traffic until another version");
    expect(replica.holds()).toBe(why);
    const [alert] = await lab.keys("status/alerts/");
    expect(Buffer.from(alert?.value ?? "").toString()).toContain(why);
    await lab.put("endpoints/web/a", { address: "10.0.0.1:80", version: "v1" });
    await lab.pass(3_000);
    expect(await takers()).toEqual([["v1", true]]);
    expect(events().slice(-2)).toEqual(["Withdrawn", "RolledBack"]);
  });

  it("leaves the weights as they are once the rollout is deleted, and goes on when it is back", async () => {
    await lab.remove("endpoints/web/a");
    await rollout();
    await lab.replica("a");
    await lab.pass(5_000);
    await lab.say("abort");
    await lab.remove("rollouts/web");
    await lab.putInstances();
    await lab.pass(60_000);
    expect(await lab.weights()).toEqual({ v1: 95, v2: 5 });
    await rollout();
    await lab.pass(5_000);
    expect(await lab.weights()).toEqual({ v1: 100, v2: 0 });
    expect(events().slice(-2)).toEqual(["Withdrawn", "RolledBack"]);
  });

  it("is the same for a person who says it", async () => {
    await lab.remove("endpoints/web/a");
    await rollout();
    await lab.replica("a");
    await lab.pass(5_000);
    const said = await lab.say("abort");
    expect(said.ok && said.value.message).toContain("v2 keeps its traffic as long as v1 has no");
    expect(await takers()).toEqual([["v2", true]]);
  });
});
