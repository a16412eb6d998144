import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { statusAt } from "../../support/release-status.ts";

const canary = {
  stableSubset: "v1",
  canarySubset: "v2",
  steps: [{ setWeight: 5 }, { pause: {} }],
};

let lab: AdminLab;

beforeEach(async () => {
  const shop = { address: "127.0.0.1:8083", version: "v1" };
  const more = { "rollouts/web": { strategy: { canary } }, "endpoints/shop/a": shop };
  lab = await adminLab({ objects: { ...webObjects, ...more } });
  await lab.app.started;
});

afterEach(() => lab.close());

const say = (...words: readonly string[]) =>
  cli(["rollout", ...words, "--admin", lab.url], { env: { SERIN_BY: "ann" } });

describe("serin rollout", () => {
  it("shows a release that has not begun, at which step it is, and the weights", async () => {
    const shown = await say("get", "web");
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out.replaceAll(/ +/g, " ")).toBe(`\
RELEASE v1 -> v2
PHASE Pending
STEP step 1 of 3 (v2 at 5 %)
WEIGHTS v1=90 v2=10
MESSAGE the release has not begun

no guard watches web
`);
  });

  it("shows the routes that a release has", async () => {
    const match = [{ headerName: "X-Tester", headerValue: { exact: "1" } }];
    const steps = [
      { setHeaderRoute: { name: "testers", match } },
      { setMirrorRoute: { name: "reads", percentage: 20, match: [{ method: { exact: "GET" } }] } },
    ];
    const rollout = { strategy: { canary: { ...canary, steps } } };
    const other = await adminLab({
      objects: {
        ...webObjects,
        "rollouts/web": rollout,
        "status/rollouts/web": statusAt(rollout, 1),
      },
    });
    await other.app.started;
    const { out } = await cli(["rollout", "get", "web", "--admin", other.url]);
    expect(out).toMatch(/^ROUTES +testers, reads \(a copy of 20 %\)$/m);
    await other.close();
  });

  it("shows guards alone where there is no release", async () => {
    const { out } = await say("get", "shop");
    expect(out).toBe("shop has no release, and no guard watches it\n");
  });

  it("says nothing to a release that stands otherwise than it was shown, where that is told", async () => {
    const state = async () => JSON.parse((await say("get", "web", "-o", "json")).out).state;
    const shown = await state();
    expect((await say("abort", "web", "--expected", shown)).code).toBe(0);
    const now = await state();
    const old = await say("retry", "web", "--expected", shown);
    expect(old).toMatchObject({ code: 1, out: "" });
    expect(old.err).toContain(`it was ${shown}, and is ${now}`);
    expect((await lab.put(`/v1/rollouts/web/retry?expected=${shown}`, "")).status).toBe(412);
    expect((await say("retry", "web", "--expected", now)).code).toBe(0);
    expect((await say("retry", "web", "--expected", "soon")).code).toBe(2);
    expect((await lab.put("/v1/rollouts/web/retry?expected=soon", "")).status).toBe(400);
  });

  it("brings back those versions alone that were shown as taken out", async () => {
    const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
    const status = (latched: object) => ({ latched, retried: {}, operation: "1" });
    await lab.write("status/guards/shop", status({ v1: latch }));
    const { state } = (await lab.get("/v1/services/shop")).json;
    await lab.write("status/guards/shop", status({ v1: latch, v2: latch }));
    const retried = await say("retry", "shop", "--expected", state);
    expect(retried).toMatchObject({ code: 1 });
    const now = (await lab.get("/v1/services/shop")).json.state;
    expect((await say("retry", "shop", "--expected", now)).code).toBe(0);
  });

  it("aborts with a record that says who and why, and shows it", async () => {
    const aborted = await say("abort", "web", "--why", "wrong prices");
    expect(aborted.code).toBe(0);
    expect(aborted.out).toContain("web: aborted by ann: wrong prices");
    expect((await lab.get("/v1/weights/web")).json.weights).toEqual({ v1: 100, v2: 0 });
    const { json } = await lab.get("/v1/rollouts/web");
    expect(json.release).toMatchObject({
      phase: "Degraded",
      aborted: { by: "ann", reason: "wrong prices" },
    });
    expect((await lab.get("/v1/history/web")).json.rows[0]).toMatchObject({ by: "ann" });
    const again = await say("abort", "web");
    expect(again.code).toBe(1);
    expect(again.err).toContain("was aborted by ann");
  });

  it("says what cannot be said now, and why", async () => {
    const early = await say("promote", "web", "--full");
    expect(early).toMatchObject({ code: 1, err: "serin: the release of web has not begun\n" });
    const nothing = await say("pause", "shop");
    expect(nothing).toMatchObject({ code: 1, err: "serin: there is no rollouts/shop\n" });
    expect((await lab.put("/v1/rollouts/web/hurry", "")).status).toBe(400);
    expect((await lab.put("/v1/rollouts/..%2f/abort", "")).status).toBe(400);
  });

  it("shows in the history what changed nothing but the release, which undo leaves out", async () => {
    await cli(["weight", "set", "web", "v1=80", "v2=20", "--admin", lab.url]);
    await say("abort", "web");
    expect((await say("retry", "web", "--why", "fixed")).code).toBe(0);
    const history = await cli(["history", "web", "--admin", lab.url]);
    expect(history.out.split("\n")[1]).toMatch(/ann +begun again by ann: fixed +-$/);
    expect((await cli(["undo", "web", "--admin", lab.url])).code).toBe(0);
    expect((await lab.get("/v1/weights/web")).json.weights).toEqual({ v1: 80, v2: 20 });
  });

  it("aborts what is in force where the object cannot be read any more", async () => {
    const writes = [
      { kind: "put", key: "rollouts/web", value: Buffer.from("{ no rollout") },
    ] as const;
    await lab.store.transact({ compare: [], writes });
    expect((await say("abort", "web")).code).toBe(0);
    expect((await lab.get("/v1/weights/web")).json.weights).toEqual({ v1: 100, v2: 0 });
  });
});
