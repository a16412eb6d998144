import { describe, expect, it } from "vitest";
import { brokenPromise } from "../../../src/admin/conformance.ts";
import { createClient } from "../../../src/api/client.ts";
import { getWeights } from "../../../src/api/weights.ts";
import { type AdminLab, startedLab } from "../../support/admin.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

async function start(): Promise<AdminLab> {
  return startedLab();
}

describe("requests are held against the contract:", () => {
  it.each([
    ["/v1/objects?limit=0", "limit"],
    ["/v1/objects?limit=1&limit=2", "limit"],
    ["/v1/objects?values=1", "values"],
    ["/v1/objects?Values=true", "Values"],
    ["/v1/history?after=x", "after"],
    ["/v1/history?after=%C3%80", "after"],
    ["/v1/wait", "revision"],
    ["/v1/wait?revision=1&timeoutMs=600001", "timeoutMs"],
    ["/v1/explain?target=web&header=none", "header"],
    ["/v1/services/-", "service"],
    ["/v1/rollouts/web%2Fx", "service"],
  ])("%s names %s", async (path, field) => {
    const { get } = await start();
    const { status, json } = await get(path);
    expect(status).toBe(400);
    expect(json).toMatchObject({ type: "urn:serin:problem:bad-request", field });
    expect(json.detail).toContain(field);
  });

  it("a misspelt dryRun writes nothing", async () => {
    const { put, store } = await start();
    const body = '{"v1":1}';
    expect((await put("/v1/objects/weights/web?dryrun=true", body)).status).toBe(400);
    const read = await store.get("weights/web");
    expect(read.ok && Buffer.from(read.value?.value ?? []).toString()).not.toBe(body);
  });

  it("probes take whatever a scraper adds", async () => {
    const { get } = await start();
    expect((await get("/metrics?name[]=up")).status).toBe(200);
  });

  it("a path has the methods of the contract alone, and says which", async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/v1/weights/web`, { method: "POST" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, PUT, DELETE, HEAD");
    await answer.body?.cancel();
  });
});

describe("answers are held against the contract:", () => {
  const said = (json: object, headers: Readonly<Record<string, string>> = { etag: '"7"' }) =>
    brokenPromise(getWeights, Response.json(json, { headers }));
  const whole = { service: "web", weights: { v1: 1 }, revision: 7 };

  it("what it promises is fine, and what is left out or added is not", async () => {
    expect(await said(whole)).toBeUndefined();
    expect(await said({ ...whole, revision: "7" })).toContain("revision");
    expect(await said({ ...whole, more: 1 })).toContain("members");
    expect(await said(whole, {})).toContain("etag");
    expect(await brokenPromise(getWeights, new Response("{}", { status: 202 }))).toContain("202");
  });

  it("so are problems", async () => {
    const answer = (status: number, code: string) => {
      const body = { type: `urn:serin:problem:${code}`, title: "t", status, detail: "d" };
      const headers = { "content-type": "application/problem+json" };
      return brokenPromise(getWeights, Response.json(body, { status, headers }));
    };
    expect(await answer(404, "not-found")).toBeUndefined();
    expect(await answer(409, "not-found")).toContain("409");
    expect(await answer(409, "rejected")).toContain("not in the contract");
  });
});

describe("pages", () => {
  it("of proxies lead to each other, and the client follows", async () => {
    const { app, get, url } = await start();
    for (const id of ["b", "a", "c", "a"]) connectProxy(app.hub, { id }).ackAll();
    const first = await get("/v1/proxies?limit=1");
    expect(first.json.map(({ node }: { node: string }) => node)).toEqual(["a", "a"]);
    expect(first.headers.get("link")).toBe('</v1/proxies?limit=1&after=a>; rel="next"');
    const all = await createClient({ base: url }).all("GET /v1/proxies", { query: { limit: 1 } });
    expect(all.ok && all.value.map(({ node }) => node)).toEqual(["a", "a", "b", "c"]);
  });

  it("of a snapshot hold every resource once", async () => {
    const { app, get } = await start();
    connectProxy(app.hub, { id: "a" }).ackAll();
    const names = (json: { views: { types: { resources: { name: string }[] }[] }[] }) =>
      json.views.flatMap(({ types }) =>
        types.flatMap(({ resources }) => resources.map(({ name }) => name)),
      );
    const whole = names((await get("/v1/snapshot")).json);
    expect(whole.length).toBeGreaterThan(5);
    const paged: string[] = [];
    let path: string | undefined = "/v1/snapshot?limit=2";
    for (let page = 0; path !== undefined && page < 100; page += 1) {
      const { json, headers } = await get(path);
      paged.push(...names(json));
      path = /<(.*)>/.exec(headers.get("link") ?? "")?.[1];
    }
    expect(paged).toEqual(whole);
  });
});
