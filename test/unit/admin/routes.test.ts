import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { startAdminServer } from "../../../src/admin/server.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/store.ts";
import { loopbackPort } from "../../support/access.ts";
import { type AdminLab, type AdminLabOptions, adminLab, webObjects } from "../../support/admin.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { eventually } from "../../support/wait.ts";

let open: AdminLab[] = [];

afterEach(async () => {
  await Promise.all(open.map((lab) => lab.close()));
  open = [];
});

async function start(options?: AdminLabOptions): Promise<AdminLab> {
  const lab = await adminLab(options);
  open.push(lab);
  if (options?.store === undefined) await lab.app.started;
  return lab;
}

/** A store that never answers its watch. */
const silentStore = (): Store => {
  const store = new MemoryStore();
  return Object.assign(store, { watch: () => ({ close: async () => undefined }) });
};

describe("probes", () => {
  it("are alive before the store is there, and ready after", async () => {
    const waiting = await start({ store: silentStore() });
    expect((await waiting.get("/healthz")).status).toBe(200);
    const early = await waiting.get("/readyz");
    expect(early.status).toBe(503);
    expect(early.text).toContain("not ready: no full list of the store yet");

    const lab = await start();
    const listed = await lab.get("/readyz");
    expect(listed.status).toBe(503);
    expect(listed.text).toContain("the xDS port does not listen yet");
    lab.app.serving(true);
    expect((await lab.get("/readyz")).status).toBe(200);
  });

  it("stay ready with the last good state, and say so", async () => {
    const lab = await start();
    lab.app.serving(true);
    const app = Object.assign(lab.app, {
      storeHealth: () => ({ connected: false, message: "etcd is away" }),
    });
    expect(app.ready()).toBe(true);
    const answer = await lab.get("/readyz");
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("ready, with the last good state: etcd is away\n");
  });

  it("count what is subscribed to, under known names only", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    proxy.subscribe("type.googleapis.com/any.Thing" as typeof typeUrls.cluster);
    const { text, type } = await lab.get("/metrics");
    expect(type).toContain("text/plain");
    expect(text).toContain('serin_xds_subscriptions{type="CDS",status="PENDING"} 1');
    expect(text).toContain('type="other"');
    expect(text).not.toContain("Thing");
    expect(text).toMatch(/serin_xds_encodings_total [1-9]/);
  });
});

describe("/v1/proxies", () => {
  it("tells how far each proxy is, and what it rejected", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1", peer: "10.0.0.9:4711" });
    proxy.subscribe(typeUrls.cluster);
    proxy.subscribe(typeUrls.listener);
    proxy.ack(typeUrls.cluster);
    await eventually(() => proxy.received(typeUrls.listener).length > 0, { what: "listeners" });
    proxy.nack(typeUrls.listener, "no such filter");

    const { json } = await lab.get("/v1/proxies");
    expect(json).toHaveLength(1);
    const [one] = json;
    expect(one).toMatchObject({
      node: "edge-1",
      cluster: "edge",
      userAgent: "fake",
      peer: "10.0.0.9:4711",
      variant: "delta",
      view: "all:default",
    });
    expect(one.applied).toBeUndefined();
    expect(Date.parse(one.connectedSince)).toBeGreaterThan(0);
    const [cds, lds] = one.types;
    expect(cds).toMatchObject({
      type: "CDS",
      status: "SYNCED",
      subscription: { wildcard: true, names: 0 },
    });
    expect(cds.versionAcked).toBe(cds.versionSent);
    expect(cds.nack).toBeUndefined();
    expect(lds).toMatchObject({
      type: "LDS",
      status: "NACKED",
      versionAcked: null,
      nack: { message: "no such filter", maybeApplied: true },
    });
    expect(lds.nack.version).toBe(lds.versionSent);
    expect(lds.nack.names).toEqual(["default/http"]);
  });

  it("leaves out streams that have not said who they are", async () => {
    const lab = await start();
    const wire = { peer: "p", write: () => true, end: () => undefined };
    lab.app.hub.open(wire, { variant: "sotw", onlyType: undefined });
    expect((await lab.get("/v1/proxies")).json).toEqual([]);
  });

  it("says whether a revision is applied", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    const revision = lab.app.revision();
    expect((await lab.get(`/v1/proxies?revision=${revision}`)).json[0].applied).toBe(false);
    proxy.ack(typeUrls.cluster);
    expect((await lab.get(`/v1/proxies?revision=${revision}`)).json[0].applied).toBe(true);
    expect((await lab.get("/v1/proxies?revision=99999")).json[0].applied).toBe(false);
    expect((await lab.get("/v1/proxies?revision=x")).status).toBe(400);
  });
});

describe("/v1/snapshot, /v1/history, /v1/diagnostics", () => {
  it("show what is served, why, and since when", async () => {
    const lab = await start();
    connectProxy(lab.app.hub, { id: "edge-1" }).ackAll();
    const { json } = await lab.get("/v1/snapshot?view=all:default&type=CDS&bodies=true");
    expect(json.revision).toBe(1);
    const [{ view, types }] = json.views;
    expect(view).toBe("all:default");
    expect(types).toHaveLength(1);
    const names = types[0].resources.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["web/v1", "web/v2"]);
    expect(types[0].resources[0]).toMatchObject({
      references: ["web/v1"],
      body: { name: "web/v1", type: "EDS" },
    });
    expect(types[0].resources[0].origins).toContain("endpoints/web/a");

    const one = await lab.get("/v1/snapshot?name=web/v2&type=EDS");
    expect(one.json.views[0].types[0].resources).toHaveLength(1);
    expect(one.json.views[0].types[0].resources[0].body).toBeUndefined();
    expect((await lab.get("/v1/snapshot?view=other")).json.views).toEqual([]);

    const revision = await lab.write("weights/web", { v1: 50, v2: 50 });
    await eventually(() => lab.app.revision() === revision, { what: "the new revision" });
    const last = (await lab.get("/v1/history")).json.at(-1);
    expect(last).toMatchObject({ revision: Number(revision), view: "all:default", omitted: 0 });
    const routes = last.changes.filter((change: { type: string }) => change.type === "RDS");
    expect(routes.map(({ kind }: { kind: string }) => kind)).toContain("changed");
  });

  it("show diagnostics with numbers for revisions", async () => {
    const lab = await start({ objects: { "weights/web": { v1: -1 } } });
    const { json } = await lab.get("/v1/diagnostics");
    expect(json[0]).toMatchObject({
      severity: "error",
      code: "VALUE_INVALID",
      key: "weights/web",
      path: "v1",
      revision: 1,
    });
  });
});

describe("/v1/wait", () => {
  it("answers once every proxy has accepted the revision", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1" });
    proxy.ackAll();
    proxy.subscribe(typeUrls.route, ["default/http"]);
    const before = lab.app.revision() ?? 0n;
    const next = before + 1n;
    const waiting = lab.get(`/v1/wait?revision=${next}&timeoutMs=5000`);
    expect(await lab.write("weights/web", { v1: 0, v2: 100 })).toBe(next);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ revision: Number(next), proxies: 1 });
  });

  it("names those that have not, with their type, after the time", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    const answer = await lab.get(`/v1/wait?revision=${lab.app.revision()}&timeoutMs=30`);
    expect(answer.status).toBe(504);
    expect(answer.type).toBe("application/problem+json");
    expect(answer.json.type).toBe("urn:serin:problem:not-applied");
    expect(answer.json.behind).toMatchObject([
      { node: "edge-1", peer: "10.0.0.9:1", type: "CDS", status: "PENDING", message: null },
    ]);
  });

  it("says so when the revision itself does not come into force", async () => {
    const lab = await start();
    connectProxy(lab.app.hub, { id: "edge-1" }).ackAll();
    const answer = await lab.get("/v1/wait?revision=77&timeoutMs=0");
    expect(answer.status).toBe(504);
    expect(answer.json.detail).toContain("revision 77 did not come into force");
    expect(answer.json.behind).toMatchObject([{ node: "edge-1", type: null }]);
  });

  it("ends early when all that is missing was rejected", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    proxy.nack(typeUrls.cluster, "bad cluster");
    const answer = await lab.get(`/v1/wait?revision=${lab.app.revision()}&timeoutMs=60000`);
    expect(answer.status).toBe(409);
    expect(answer.json.behind).toMatchObject([{ status: "NACKED", message: "bad cluster" }]);
  });

  it("refuses what is no revision, and waits that are too long", async () => {
    const lab = await start();
    expect((await lab.get("/v1/wait")).status).toBe(400);
    expect((await lab.get("/v1/wait?revision=1&timeoutMs=999999999")).status).toBe(400);
  });
});

const webStore = (): MemoryStore => {
  const bytes = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));
  const seed = Object.entries(webObjects).map(([key, value]) => [key, bytes(value)] as const);
  return new MemoryStore({ seed: new Map(seed) });
};

describe("/v1/weights", () => {
  it("writes through the store and answers the revision", async () => {
    const lab = await start();
    const written = await lab.put("/v1/weights/web", '{"v1":50,"v2":50}');
    expect(written.status).toBe(200);
    expect(written.json).toEqual({ service: "web", revision: 2, diagnostics: [] });
    const read = await lab.get("/v1/weights/web");
    expect(read.json).toEqual({ service: "web", weights: { v1: 50, v2: 50 }, revision: 2 });
    expect(read.headers.get("etag")).toBe('"2"');
  });

  it("refuses what decode refuses, and says why", async () => {
    const lab = await start();
    const answer = await lab.put("/v1/weights/web", '{"v1":"half"}');
    expect(answer.status).toBe(422);
    expect(answer.json.diagnostics[0]).toMatchObject({ path: "v1", code: "VALUE_INVALID" });
    expect((await lab.put("/v1/weights/web", "")).status).toBe(422);
    expect((await lab.put("/v1/weights/-x-", '{"v1":1}')).status).toBe(400);
    expect((await lab.put("/v1/weights/a%2Fb", '{"v1":1}')).status).toBe(400);
    expect((await lab.get("/v1/weights/web")).json.revision).toBe(1);
  });

  it("keeps to If-Match", async () => {
    const lab = await start();
    const late = await lab.put("/v1/weights/web", '{"v1":1}', { "if-match": '"7"' });
    expect(late.status).toBe(412);
    const right = await lab.put("/v1/weights/web", '{"v1":1}', { "if-match": '"1"' });
    expect(right.status).toBe(200);
    expect((await lab.put("/v1/weights/web", '{"v1":1}', { "if-match": "x" })).status).toBe(400);
  });

  it("takes weights back", async () => {
    const lab = await start();
    const late = await lab.del("/v1/weights/web", { "if-match": '"7"' });
    expect(late.json).toMatchObject({ status: 412, title: "precondition failed" });
    const removed = await lab.del("/v1/weights/web", { "if-match": '"1"' });
    expect(removed.json).toEqual({ service: "web", revision: 2 });
    const none = await lab.get("/v1/weights/web");
    expect(none.json.detail).toContain("there is no weights/web");
    expect((await lab.del("/v1/weights/web")).json).toMatchObject(none.json);
    expect((await lab.del("/v1/weights/-x-")).status).toBe(400);
    await eventually(() => lab.app.revision() === 2n, { what: "the removal" });
    expect(lab.app.weights("web")).toBeUndefined();
  });

  it("refuses weights of a service that nothing names, unless it is forced", async () => {
    const lab = await start();
    const typo = await lab.put("/v1/weights/wbe", '{"v1":1}');
    expect(typo.status).toBe(422);
    expect(typo.json).toMatchObject({
      type: "urn:serin:problem:unknown-service",
      detail:
        'there is no service wbe (did you mean "web"?): it has no instance, and no object names it; ' +
        "force (--force) writes it all the same",
    });
    expect((await lab.get("/v1/weights/wbe")).status).toBe(404);
    const forced = await lab.put("/v1/weights/wbe?force=true", '{"v1":1}');
    expect(forced.json.diagnostics).toMatchObject([
      { message: "service wbe has no instance: requests for it get 503, whatever its weights" },
    ]);
    expect((await lab.put("/v1/weights/wbe", '{"v1":2}')).status).toBe(200);
  });

  it.each([
    ["services/new", {}],
    ["endpoints/new/a", { address: "127.0.0.1:8081" }],
    ["routes/r", { rules: [{ backendRefs: [{ name: "new" }] }] }],
    [
      "routes/r",
      {
        rules: [
          { filters: [{ type: "RequestMirror", requestMirror: { backendRef: { name: "new" } } }] },
        ],
      },
    ],
    ["grpcroutes/r", { rules: [{ backendRefs: [{ name: "new" }] }] }],
    ["tcproutes/r", { rules: [{ backendRefs: [{ name: "new" }] }] }],
    ["gateways/g", { listeners: [{ name: "http", port: 80, services: ["new"] }] }],
    [
      "lanes/gray",
      { header: "x-lane", value: "gray", labels: { lane: "gray" }, services: ["new"] },
    ],
  ])("knows a service by %s", async (key, value) => {
    const lab = await start({ objects: { [key]: value } });
    expect((await lab.get("/v1/diagnostics")).json.filter(isError)).toEqual([]);
    expect((await lab.put("/v1/weights/new", '{"v1":1}')).status).toBe(200);
    expect((await lab.put("/v1/weights/newer", '{"v1":1}')).status).toBe(422);
  });

  it("tries once more when another write comes in between, and then gives up", async () => {
    const store = webStore();
    const real = store.transact.bind(store);
    let conflicts = 1;
    store.transact = async (transaction) => {
      if (conflicts-- > 0) return ok({ committed: false, revision: 1n });
      return real(transaction);
    };
    const lab = await start({ store });
    expect((await lab.put("/v1/weights/web", '{"v1":1}')).status).toBe(200);
    conflicts = 2;
    expect((await lab.put("/v1/weights/web", '{"v1":2}')).status).toBe(409);
    conflicts = 1;
    expect((await lab.del("/v1/weights/web")).status).toBe(200);
    await lab.write("weights/web", { v1: 1 });
    conflicts = 2;
    expect((await lab.del("/v1/weights/web")).status).toBe(409);
  });

  it("writes no weights again that are there, and answers with their revision", async () => {
    const lab = await start();
    const first = await lab.put("/v1/weights/web", '{"v1":1}');
    const again = await lab.put("/v1/weights/web", '{ "v1": 1 }');
    expect(again).toMatchObject({ status: 200, json: { ...first.json, unchanged: true } });
  });

  it("tells a store that is away from a write whose answer was lost", async () => {
    const store = webStore();
    const lab = await start({ store });
    store.transact = async () => err({ kind: "ambiguous", message: "the answer was lost" });
    const lost = await lab.put("/v1/weights/web", '{"v1":1}');
    expect(lost.status).toBe(504);
    expect(lost.json.detail).toContain("may have been written");
    store.get = async () => err({ kind: "unavailable", message: "etcd is away" });
    expect((await lab.put("/v1/weights/web", '{"v1":1}')).status).toBe(503);
    expect((await lab.del("/v1/weights/web")).status).toBe(503);
    expect((await lab.get("/v1/weights/web")).status).toBe(503);
  });

  it("takes no body that is too large", async () => {
    const lab = await start();
    const answer = await lab.put("/v1/weights/web", "x".repeat(1024 * 1024 + 1));
    expect(answer.status).toBe(413);
  });

  it("is closed to other host names", async () => {
    const lab = await start();
    expect(await askWithHost("PUT", lab.url, "evil.example")).toBe(403);
    expect(await askWithHost("PUT", lab.url, "localhost:18001")).toBe(200);
    expect(await askWithHost("GET", lab.url, "evil.example")).toBe(403);
    expect(await askWithHost("GET", lab.url, "[::1]:18001")).toBe(200);
    expect(await askWithHost("GET", lab.url, "127.0.0.2")).toBe(200);
    expect(await askWithHost("GET", lab.url, "127.0.0.1.evil.example")).toBe(403);
  });
});

/** fetch sets Host itself. */
function askWithHost(method: string, url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/weights/web`, { method, headers: { host } }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode));
    });
    call.once("error", reject);
    call.end(method === "PUT" ? '{"v1":1}' : undefined);
  });
}

const isError = ({ severity }: { readonly severity: string }): boolean => severity === "error";

describe("the server", () => {
  it("answers unknown paths with a problem", async () => {
    const lab = await start();
    const answer = await lab.get("/nothing");
    expect(answer.status).toBe(404);
    expect(answer.json.detail).toBe("no GET /nothing here");
  });

  it("says why it cannot listen", async () => {
    const lab = await start();
    const port = Number(new URL(lab.url).port);
    const { app, metrics } = lab;
    const silent = (await import("pino")).default({ level: "silent" });
    const second = await startAdminServer(app, loopbackPort(port), metrics, silent);
    expect(second.ok).toBe(false);
    expect(!second.ok && second.error).toContain("EADDRINUSE");
  });

  it("ends waiting requests when it closes", async () => {
    const lab = await adminLab();
    await lab.app.started;
    connectProxy(lab.app.hub, { id: "edge-1" }).subscribe(typeUrls.cluster);
    const waiting = fetch(`${lab.url}/v1/wait?revision=1&timeoutMs=60000`).catch(() => "cut");
    await eventually(
      async () => (await lab.get("/v1/wait?revision=1&timeoutMs=0")).status === 504,
      { what: "the other request to be there" },
    );
    await lab.close();
    const outcome = await waiting;
    expect(outcome === "cut" || (outcome as Response).status === 504).toBe(true);
  });
});
