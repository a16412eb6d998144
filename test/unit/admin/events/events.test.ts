import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { heldToken } from "../../../support/access.ts";
import { type AdminLab, adminLab, webObjects } from "../../../support/admin.ts";
import { type EventReader, readEvents } from "../../../support/event-reader.ts";
import { eventually } from "../../../support/wait.ts";
import { alertFor } from "../../rollout/alert/alerts.ts";

let lab: AdminLab | undefined;
const readers = new Set<EventReader>();

afterEach(async () => {
  for (const each of readers) each.close();
  readers.clear();
  await lab?.close();
  lab = undefined;
});

async function start(more: Readonly<Record<string, object>> = {}): Promise<AdminLab> {
  lab = await adminLab({ objects: { ...webObjects, ...more } });
  await lab.app.started;
  return lab;
}

async function read(query = ""): Promise<EventReader> {
  const reader = await readEvents(`${lab?.url}/v1/events${query}`);
  readers.add(reader);
  return reader;
}

const shop = { "endpoints/shop/a": { address: "10.0.0.1:1", version: "v1" } };
const named = (name: string) => (event: { readonly name: string }) => event.name === name;

const openStreams = async ({ metrics }: AdminLab): Promise<number> =>
  Number(/^serin_admin_event_streams (\d+)$/m.exec(await metrics.registry.metrics())?.[1] ?? 0);

describe("GET /v1/events", () => {
  it("says hello, each service, and how the proxies are when all is said", async () => {
    await start(shop);
    const reader = await read();
    expect(reader.status).toBe(200);
    expect(reader.headers["content-type"]).toBe("text/event-stream");
    await reader.event(named("proxies"), "the end of what is said at first");
    expect(reader.events.map(({ name }) => name)).toEqual([
      ...["hello", "service", "service", "proxies"],
    ]);
    const [hello, first, second, proxies] = reader.events;
    expect(hello?.data).toMatchObject({
      version: "0.0.0-test",
      revision: 1,
      store: { store: "memory", connected: true, revision: 1 },
      you: { name: expect.any(String), role: "admin" },
    });
    expect(proxies?.data).toEqual({ connected: 0, synced: 0, pending: 0, stale: 0, nacked: 0 });
    expect([first?.data, second?.data]).toEqual((await lab?.get("/v1/services"))?.json);
  });

  it("tells what a write changed: the keys, and the service", async () => {
    const { write } = await start(shop);
    const reader = await read();
    await reader.event(({ data }) => data.service === "web", "the last service");
    const before = reader.events.length;
    const revision = await write("weights/web", { v1: 1, v2: 1 });
    const told = await reader.event(named("service"), "the service", before);
    expect(told.data).toMatchObject({ service: "web", split: [{ percent: 50 }, { percent: 50 }] });
    const changed = await reader.event(named("changed"), "the change", before);
    const since = Number(revision) - 1;
    const what = { since, keys: ["weights/web"], more: 0 };
    expect(changed.data).toEqual({ revision: Number(revision), ...what });
    const services = reader.events.slice(before).filter(named("service"));
    expect(services.map(({ data }) => data.service)).toEqual(["web"]);
  });

  it("tells of services that come, and of those that go", async () => {
    const { write, store } = await start();
    const reader = await read();
    await reader.event(named("service"), "the first service");
    await write("endpoints/shop/a", shop["endpoints/shop/a"]);
    await reader.event(({ data }) => data.service === "shop", "the new service");
    await store.transact({ compare: [], writes: [{ kind: "delete", key: "endpoints/shop/a" }] });
    const gone = await reader.event(named("gone"), "its end");
    expect(gone.data).toEqual({ service: "shop" });
  });

  it("tells of the services that were asked for, and of no other", async () => {
    const { write } = await start(shop);
    const reader = await read("?service=web&service=none");
    expect((await reader.event(named("gone"), "what is not there")).data.service).toBe("none");
    await write("services/shop", { timeouts: { request: "1s" } });
    await write("endpoints/none/a", shop["endpoints/shop/a"]);
    await reader.event(({ name, data }) => name === "service" && data.service === "none", "it");
    const services = reader.events.filter(named("service")).map(({ data }) => data.service);
    expect(services).toEqual(["web", "none"]);
  });

  it("tells of alerts, and of those alone that are of its services", async () => {
    const { store } = await start();
    const [all, other] = [await read(), await read("?service=shop")];
    await all.event(named("service"), "the first service");
    await other.event(named("gone"), "what is not there");
    const { webhook } = alertFor("slack");
    const alert = { service: "web", severity: "error", title: "out", text: "it failed", webhook };
    await lab?.write("status/alerts/1", { ...alert, atMs: 1_700_000_000_000 });
    const waiting = await all.event(named("alert"), "the alert");
    expect(waiting.data).toMatchObject({ id: "1", state: "waiting", receiver: "hooks.example" });
    await store.transact({ compare: [], writes: [{ kind: "delete", key: "status/alerts/1" }] });
    await all.event(({ data }) => data.state === "delivered", "its delivery");
    expect(other.events.filter(named("alert"))).toEqual([]);
  });

  it("tells a guard's verdict and a status that no proxy gets", async () => {
    const { app } = await start();
    const reader = await read();
    await reader.event(named("service"), "the service");
    const look = { guard: { name: "g" }, subset: "v2", verdict: "hold", reason: "no data" };
    Object.assign(app, { guards: () => ({ leads: true, looks: [look] }) });
    app.changes.touched("web");
    await reader.event(({ data }) => data.guard === "hold", "the verdict");
  });

  it("tells that the store is not to be had, and is again", async () => {
    const { app } = await start();
    const reader = await read();
    await reader.event(named("proxies"), "all that is said at first");
    for (const connected of [false, true]) {
      Object.assign(app, { storeHealth: () => ({ connected, message: "etcd://… is away" }) });
      app.changes.storeMoved();
      const isSaid = ({ name, data }: { readonly name: string; readonly data: object }): boolean =>
        name === "store" &&
        Object.entries(data).some(([of, is]) => of === "connected" && is === connected);
      await reader.event(isSaid, `the store, connected: ${connected}`);
    }
  });

  it("says nothing where nothing is new, and beats", async () => {
    const { app } = await start();
    const reader = await read();
    await reader.event(named("service"), "the service");
    const count = reader.events.length;
    app.changes.touched("web");
    app.changes.proxiesMoved();
    await lab?.write("weights/other", { v1: 1 });
    await reader.event(({ data }) => data.service === "other", "what came after it");
    const names = reader.events.slice(count).map(({ name, data }) => data.service ?? name);
    expect(names).toEqual(["changed", "other"]);
  });

  it("keeps what is the last for a reader that is slow, and nobody else waits for it", async () => {
    const { write, get } = await start();
    const [slow, quick] = [await read(), await read()];
    slow.pause();
    const some = { address: "10.0.0.1:1", version: "v".repeat(200) };
    for (let round = 1; round <= 40; round += 1) {
      for (let at = 0; at < 25; at += 1) await write(`endpoints/s${at}-${round}/a`, some);
    }
    await write("weights/web", { v1: 1, v2: 3 });
    const isLast = ({ data }: { readonly data: { split?: { percent: number }[] } }): boolean =>
      data.split?.[1]?.percent === 75;
    await quick.event(isLast, "the last state, by the quick reader");
    slow.resume();
    await slow.event(isLast, "the last state, by the slow reader");
    const { json } = await get("/v1/services/web");
    const last = slow.events.findLast(({ data }) => data.service === "web")?.data;
    expect(json).toMatchObject(last);
  });

  it("has room for so many readers, and for another one when one has left", async () => {
    const running = await start();
    const { eventStreams } = limits.live;
    const many = await Promise.all(Array.from({ length: eventStreams }, () => read()));
    expect(many.every(({ status }) => status === 200)).toBe(true);
    expect(await openStreams(running)).toBe(eventStreams);
    const refused = await running.get("/v1/events");
    expect(refused.json).toMatchObject({ status: 429, type: "urn:serin:problem:too-many-streams" });
    await running.write("weights/web", { v1: 1, v2: 1 });
    await Promise.all(
      many.map((each) =>
        each.event(({ data }) => data.split?.[0]?.percent === 50, "the change at each of them"),
      ),
    );
    many[0]?.close();
    await eventually(async () => (await openStreams(running)) === eventStreams - 1, {
      what: "the server to notice that one has left",
    });
    expect((await read()).status).toBe(200);
    for (const each of many) each.close();
    await eventually(async () => (await openStreams(running)) === 1, {
      what: "the others to leave",
    });
  });

  it("has room for so many readers with one token, and for others besides", async () => {
    const [greedy, other] = [heldToken("greedy", "viewer"), heldToken("other", "viewer")];
    lab = await adminLab({ tokens: [greedy.token, other.token] });
    await lab.app.started;
    const { eventStreamsPerToken: most } = limits.live;
    const open = async (text: string): Promise<EventReader> => {
      const headers = { authorization: `Bearer ${text}` };
      const reader = await readEvents(`${lab?.url}/v1/events`, headers);
      readers.add(reader);
      return reader;
    };
    const many = await Promise.all(Array.from({ length: most }, () => open(greedy.text)));
    expect(many.every(({ status }) => status === 200)).toBe(true);
    const headers = { authorization: `Bearer ${greedy.text}` };
    const refused = await fetch(`${lab.url}/v1/events`, { headers });
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(await refused.json()).toMatchObject({
      status: 429,
      type: "urn:serin:problem:too-many-streams",
      detail: `${most} streams of events are open by the token greedy, as many as one token may have`,
    });
    expect((await open(other.text)).status).toBe(200);
    many[0]?.close();
    await eventually(async () => (await open(greedy.text)).status === 200, {
      what: "room for another one, when one has left",
    });
  });

  it("says everything anew to whoever comes back", async () => {
    const { write } = await start();
    const first = await read();
    await first.event(named("service"), "the service");
    first.close();
    await write("weights/web", { v1: 1, v2: 1 });
    const second = await read();
    const { data } = await second.event(named("service"), "the service");
    expect(data.split[0].percent).toBe(50);
  });

  it("ends when the server closes", async () => {
    const running = await start();
    const reader = await read();
    await reader.event(named("service"), "the service");
    lab = undefined;
    await running.close();
    await eventually(() => reader.ended, { what: "the end" });
    expect(reader.ended).toBe("end");
  });

  it("says hello before the store was read", async () => {
    lab = await adminLab();
    const reader = await read();
    expect((await reader.event(named("hello"), "hello")).data.you.role).toBe("admin");
  });

  it("refuses what is no name, and too many of them", async () => {
    const { get } = await start();
    expect((await get("/v1/events?service=-x-")).status).toBe(400);
    const many = Array.from({ length: 501 }, (_, at) => `service=s${at}`).join("&");
    expect((await get(`/v1/events?${many}`)).status).toBe(400);
  });

  it("takes nobody's room who asks for the headers alone", async () => {
    const running = await start();
    const status = await new Promise((resolve, reject) => {
      request(`${running.url}/v1/events`, { method: "HEAD" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once("error", reject)
        .end();
    });
    expect(status).toBe(200);
    expect(await openStreams(running)).toBe(0);
  });
});
