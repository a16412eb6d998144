import { describe, expect, it } from "vitest";
import { err } from "../../../src/lib/result.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { type AdminLabOptions, startedLab, webObjects } from "../../support/admin.ts";
import { alertFor } from "../rollout/alert/alerts.ts";

const path = "/v1/rollouts/web";
const key = "status/guards/web";
const latch = { atMs: 1_700_000_000_000, guard: "http-5xx", evidence: "v2: it failed" };
const latched = { [key]: { latched: { v2: latch }, retried: {}, operation: "1" } };

async function start(more: Readonly<Record<string, object>> = {}, options: AdminLabOptions = {}) {
  return startedLab({ objects: { ...webObjects, ...more }, ...options });
}

describe("GET /v1/rollouts/<service>", () => {
  it("tells how the guards of this replica have judged, and whether it leads", async () => {
    const { app, get } = await start();
    const look = {
      guard: { name: "http-5xx" },
      subset: "v2",
      verdict: "hold",
      reason: "v2: no data",
    };
    Object.assign(app, { guards: (of: string) => ({ leads: of === "web", looks: [look] }) });
    const { status, json } = await get(path);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      service: "web",
      leads: true,
      guards: [{ guard: "http-5xx", subset: "v2", verdict: "hold", reason: "v2: no data" }],
      latched: [],
    });
  });

  it("tells of a trip as soon as it is there, whatever a look from before it said", async () => {
    const { app, get } = await start(latched);
    const look = { guard: { name: "slow" }, subset: "v2", verdict: "pass", reason: "v2: fine" };
    const other = { ...look, subset: "v3" };
    Object.assign(app, { guards: () => ({ leads: false, looks: [look, other] }) });
    const { guards } = (await get(path)).json;
    expect(guards).toEqual([
      { guard: "slow", subset: "v2", verdict: "latched", reason: "v2: it failed" },
      { guard: "slow", subset: "v3", verdict: "pass", reason: "v2: fine" },
    ]);
  });

  it("tells what is latched, also where no guard watches it any more", async () => {
    const { get } = await start(latched);
    expect((await get(path)).json).toMatchObject({
      leads: false,
      guards: [],
      latched: [
        {
          subset: "v2",
          guard: "http-5xx",
          at: "2023-11-14T22:13:20.000Z",
          evidence: "v2: it failed",
        },
      ],
    });
  });

  it("tells of alerts that have not arrived, and of those that will not", async () => {
    const { webhook } = alertFor("slack");
    const alert = { service: "web", severity: "error", title: "out", text: "it failed", webhook };
    const { app, get } = await start({
      "status/alerts/2": { ...alert, atMs: 1_700_000_001_000 },
      "status/alerts/1": { ...alert, atMs: 1_700_000_000_000 },
      "status/alerts/3": { ...alert, atMs: 1, service: "other" },
    });
    Object.assign(app, { lostAlerts: (of: string) => (of === "web" ? 3 : 0) });
    const { text } = await get(path);
    expect(JSON.parse(text).alerts).toEqual({
      waiting: 2,
      oldest: { at: "2023-11-14T22:13:20.000Z", to: "slack at hooks.example" },
      lost: 3,
    });
    expect(text).not.toContain("query-secret");
    expect((await get("/v1/rollouts/other")).json).toMatchObject({
      alerts: { waiting: 1, lost: 0 },
    });
    const none = { status: 404, detail: "no service none" };
    expect((await get("/v1/rollouts/none")).json).toMatchObject(none);
  });

  it("says what is wrong with a status that cannot be read", async () => {
    const { get } = await start({ [key]: {} });
    const { status, json } = await get(path);
    expect(status).toBe(500);
    expect(json.detail).toContain(`${key}: `);
  });

  it("refuses what is no name", async () => {
    const { get } = await start();
    for (const name of ["-x-", "a%2Fb", "%00"]) {
      expect((await get(`/v1/rollouts/${name}`)).status).toBe(400);
    }
  });
});

describe("PUT /v1/rollouts/<service>/retry", () => {
  const retry = `${path}/retry`;

  it("brings the version back, and says who did", async () => {
    const { put, get, store } = await start(latched);
    const { status, json } = await put(`${retry}?by=ann&why=fixed`, "");
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { service: "web", revision: 2, subsets: ["v2"] },
    });
    expect((await get(path)).json.latched).toEqual([]);
    const history = (await get("/v1/history/web")).json;
    expect(history.rows[0]).toMatchObject({ by: "ann", why: "fixed", changes: [{ key }] });
    const weights = await store.get("weights/web");
    expect(weights.ok && weights.value?.modRevision).toBe(1n);
  });

  it("is refused where nothing is latched", async () => {
    const { put } = await start();
    const { status, json } = await put(retry, "");
    expect(status).toBe(409);
    expect(json.detail).toBe("no guard has taken out a version of web");
  });

  it("is no POST, and refuses what is no name", async () => {
    const { put, url } = await start(latched);
    expect((await fetch(url + retry, { method: "POST" })).status).toBe(405);
    expect((await put("/v1/rollouts/-x-/retry", "")).status).toBe(400);
  });

  it("passes on that the store is away", async () => {
    const store = new MemoryStore();
    const { put } = await start({}, { store });
    store.get = async () => err({ kind: "unavailable", message: "etcd is away" });
    const { status, json } = await put(retry, "");
    expect(status).toBe(503);
    expect(json.detail).toBe("etcd is away");
  });
});
