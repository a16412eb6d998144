import { afterEach, describe, expect, it } from "vitest";
import { type AdminLab, adminLab, webObjects } from "../../../support/admin.ts";
import { statusAt } from "../../../support/release-status.ts";
import { alertFor } from "../../rollout/alert/alerts.ts";

let lab: AdminLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function start(more: Readonly<Record<string, object>> = {}): Promise<AdminLab> {
  lab = await adminLab({ objects: { ...webObjects, ...more } });
  await lab.app.started;
  return lab;
}

const routeTo = (...backendRefs: readonly object[]) => ({ rules: [{ backendRefs }] });

const steps = [{ setWeight: 10 }, { pause: {} }, { setWeight: 100 }];
const rollout = { strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } } };

describe("GET /v1/services", () => {
  it("tells of each how it splits, and what is known of it", async () => {
    const { get } = await start();
    const { status, json } = await get("/v1/services");
    expect(status).toBe(200);
    const nothing = {
      ...{ requestsPerSecond: 0, errorsPerSecond: 0, errorRatio: null, latencyMs: null },
      ...{ inProgress: 0, ageMs: null },
    };
    expect(json).toEqual([
      {
        service: "web",
        split: [
          { version: "v1", percent: 90, weight: 90, instances: 1 },
          { version: "v2", percent: 10, weight: 10, instances: 1 },
        ],
        decidedBy: "weights",
        state: "none.going.pending.none",
        release: null,
        guard: "none",
        alerts: { waiting: 0, lost: 0 },
        diagnostics: { errors: 0, warnings: 0 },
        figures: [
          { version: "v1", ...nothing },
          { version: "v2", ...nothing },
        ],
      },
    ]);
  });

  it("comes in pages, in the order of names", async () => {
    const at = (port: number) => ({ address: `127.0.0.1:${port}`, version: "v1" });
    const { get } = await start({
      "endpoints/shop/a": at(1),
      "endpoints/shop2/a": at(2),
      "endpoints/api/a": at(3),
    });
    const names = (json: readonly { service: string }[]) => json.map(({ service }) => service);
    expect(names((await get("/v1/services")).json)).toEqual(["api", "shop", "shop2", "web"]);
    const first = await get("/v1/services?limit=2");
    expect(names(first.json)).toEqual(["api", "shop"]);
    const link = first.headers.get("link") ?? "";
    expect(link).toBe('</v1/services?limit=2&after=shop>; rel="next"');
    const second = await get(link.slice(1, link.indexOf(">")));
    expect(names(second.json)).toEqual(["shop2", "web"]);
    expect(second.headers.get("link")).toBeNull();
    expect(names((await get("/v1/services?prefix=sh")).json)).toEqual(["shop", "shop2"]);
    for (const limit of ["0", "501", "x", "1.5", ""]) {
      expect((await get(`/v1/services?limit=${limit}`)).status).toBe(400);
    }
  });

  it("shows a split as it is served where a version has nobody, and what is said of it", async () => {
    const { get } = await start({ "weights/web": { v1: 50, v2: 30, v9: 20 } });
    const { json } = await get("/v1/services/web");
    const [v1, v2, v9] = json.split;
    expect(v1.percent + v2.percent).toBe(100);
    expect(v9).toEqual({ version: "v9", percent: 0, weight: 20, instances: 0 });
    expect(json.diagnostics).toEqual({ errors: 0, warnings: 1 });
  });

  it("counts what is wrong with any key of the service, and of no other", async () => {
    const { get } = await start({
      "endpoints/web/c": {},
      "services/web": { a: 1 },
      "weights/x": {},
    });
    const { json } = await get("/v1/services/web");
    expect(json.diagnostics).toEqual({ errors: 1, warnings: 1 });
  });
});

describe("who decides a split", () => {
  const decidedBy = async (more: Readonly<Record<string, object>>) => {
    const { get } = await start(more);
    const { json } = await get("/v1/services/web");
    await lab?.close();
    lab = undefined;
    return json.decidedBy;
  };

  it("is the instances' tags where there are no weights", async () => {
    lab = await adminLab({ objects: { "endpoints/web/a": webObjects["endpoints/web/a"] } });
    await lab.app.started;
    const { json } = await lab.get("/v1/services/web");
    expect(json).toMatchObject({ decidedBy: "tags", split: [{ percent: 100, weight: null }] });
  });

  it("is a route where each one names the version itself", async () => {
    const [v1, whole] = [{ name: "web", subset: "v1" }, { name: "web" }];
    expect(await decidedBy({ "routes/a": routeTo(v1) })).toBe("route");
    expect(await decidedBy({ "routes/a": routeTo(v1), "routes/b": routeTo(whole) })).toBe(
      "weights",
    );
    expect(await decidedBy({ "routes/a": routeTo({ name: "shop", subset: "v1" }) })).toBe(
      "weights",
    );
  });

  it("is a release while it is under way", async () => {
    expect(await decidedBy({ "rollouts/web": rollout })).toBe("weights");
    const { get } = await start({
      "rollouts/web": rollout,
      "status/rollouts/web": statusAt(rollout, 1, { phase: "Paused" }),
    });
    const { json } = await get("/v1/services/web");
    expect(json.decidedBy).toBe("release");
    expect(json.release).toMatchObject({ phase: "Paused", step: 2, stepName: expect.any(String) });
  });
});

describe("GET /v1/services/<service>", () => {
  it("has its instances, and the routes that name it", async () => {
    const { get } = await start({
      "endpoints/web/c": { address: "[::1]:1", version: "v1", weight: 0, zone: "eu-1" },
      "routes/shop": routeTo({ name: "web" }, { name: "web", subset: "v1" }),
      "routes/other": routeTo({ name: "other" }),
      "tcproutes/raw": routeTo({ name: "web" }),
      "status/health/web": {
        sick: { "127.0.0.1:8082": { sinceMs: 1, kind: "answer", reason: "503" } },
        operation: "1",
      },
    });
    const { json } = await get("/v1/services/web");
    expect(json.routes).toEqual(["routes/shop", "tcproutes/raw"]);
    const one = { weight: 100, zone: "", state: "serving" };
    expect(json.instances).toEqual([
      { id: "a", address: "127.0.0.1:8081", version: "v1", ...one },
      { id: "b", address: "127.0.0.1:8082", version: "v2", ...one, state: "unhealthy" },
      {
        ...{ id: "c", address: "[::1]:1", version: "v1" },
        ...{ weight: 0, zone: "eu-1", state: "draining" },
      },
    ]);
  });

  it("tells the worst that a guard says", async () => {
    const { app, get } = await start();
    const looks = (...verdicts: readonly string[]) => ({
      leads: true,
      looks: verdicts.map((verdict) => ({
        guard: { name: "g" },
        subset: "v2",
        verdict,
        reason: "",
      })),
    });
    for (const [verdicts, word] of [
      [[], "none"],
      [["pass"], "pass"],
      [["pass", "hold"], "hold"],
      [["hold", "fail", "pass"], "fail"],
      [["latched", "fail"], "latched"],
    ] as const) {
      Object.assign(app, { guards: () => looks(...verdicts) });
      expect((await get("/v1/services/web")).json.guard).toBe(word);
    }
  });

  it("refuses what is no name, and does not know what is not there", async () => {
    const { get } = await start();
    expect((await get("/v1/services/-x-")).status).toBe(400);
    expect((await get("/v1/services/none")).json).toMatchObject({
      status: 404,
      detail: "no service none",
    });
    expect((await get("/v1/services/none/figures")).status).toBe(404);
  });
});

describe("GET /v1/alerts", () => {
  it("tells the last ones, without what is secret of their receivers", async () => {
    const { webhook } = alertFor("slack");
    const alert = { service: "web", severity: "error", title: "out", text: "it failed", webhook };
    const { get, store } = await start({
      "status/alerts/1": { ...alert, atMs: 1_700_000_000_000 },
      "status/alerts/2": { ...alert, atMs: 1_700_000_001_000 },
    });
    await store.transact({ compare: [], writes: [{ kind: "delete", key: "status/alerts/1" }] });
    const { text, json } = await get("/v1/alerts");
    expect(text).not.toContain("secret");
    const same = { service: "web", subset: null, what: "out", message: "it failed" };
    expect(json).toEqual([
      {
        ...{ id: "2", at: "2023-11-14T22:13:21.000Z", ...same },
        ...{ receiver: "hooks.example", state: "waiting" },
      },
      {
        ...{ id: "1", at: "2023-11-14T22:13:20.000Z", ...same },
        ...{ receiver: "hooks.example", state: "delivered" },
      },
    ]);
    expect((await get("/v1/services/web")).json.alerts).toEqual({ waiting: 1, lost: 0 });
  });
});
