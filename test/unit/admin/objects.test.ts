import { describe, expect, it, onTestFinished } from "vitest";
import { shownText, shownValue } from "../../../src/admin/object-redaction.ts";
import { limits } from "../../../src/config/limits.ts";
import { readKey } from "../../../src/store/decode/key.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import {
  type AdminLab,
  type AdminLabOptions,
  adminLab,
  startedLab,
  webObjects,
} from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { eventually } from "../../support/wait.ts";

async function start(options?: AdminLabOptions): Promise<AdminLab> {
  return startedLab(options);
}

const route = { hostnames: ["web"], rules: [{ backendRefs: [{ name: "web" }] }] };
const hook = "https://hooks.example.com/services/T000/SECRET";
const guarded = {
  guard: [{ onFailure: { alerts: [{ webhook: { url: hook } }] } }],
};

const stored = async (lab: AdminLab, key: string) => {
  const read = await lab.store.get(key);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
};

describe("GET /v1/objects", () => {
  const objects = { ...webObjects, "routes/web": route, "status/other/web": { operation: "x" } };

  it("gives all keys in order, in pages, under a prefix", async () => {
    const lab = await start({ objects });
    const keys = (json: { key: string }[]) => json.map(({ key }) => key);
    const all = await lab.get("/v1/objects");
    expect(keys(all.json)).toEqual(Object.keys(objects).toSorted());
    expect(all.headers.get("link")).toBeNull();
    const first = await lab.get("/v1/objects?limit=2");
    expect(keys(first.json)).toEqual(["endpoints/web/a", "endpoints/web/b"]);
    expect(first.headers.get("link")).toBe(
      '</v1/objects?limit=2&after=endpoints%2Fweb%2Fb>; rel="next"',
    );
    const next = await lab.get("/v1/objects?limit=3&after=endpoints%2Fweb%2Fb");
    expect(keys(next.json)).toEqual(["routes/web", "status/other/web", "weights/web"]);
    expect(next.headers.get("link")).toBeNull();
    expect(keys((await lab.get("/v1/objects?prefix=endpoints/")).json)).toHaveLength(2);
    for (const limit of ["0", "-1", "x", String(limits.admin.pageObjects + 1)]) {
      expect((await lab.get(`/v1/objects?limit=${limit}`)).status).toBe(400);
    }
  });

  it("gives every key once, page by page, whatever the order in which they came", async () => {
    const names = Array.from({ length: 50 }, (_, n) => `weights/w${(n * 37) % 50}`);
    const lab = await start({ objects: Object.fromEntries(names.map((key) => [key, { v1: 1 }])) });
    for (const limit of [1, 3, 7, 25, 50]) {
      const seen: string[] = [];
      let path: string | undefined = `/v1/objects?values=true&limit=${limit}`;
      while (path !== undefined) {
        const { json, headers } = await lab.get(path);
        seen.push(...json.map(({ key }: { key: string }) => key));
        path = /^<([^>]+)>/.exec(headers.get("link") ?? "")?.[1];
      }
      expect(seen).toEqual(names.toSorted());
    }
  });

  it("gives no values before it has read all of the store", async () => {
    const store = new MemoryStore();
    const silent = Object.assign(store, { watch: () => ({ close: async () => undefined }) });
    const lab = await adminLab({ store: silent });
    onTestFinished(() => lab.close());
    expect((await lab.get("/v1/objects?values=true")).status).toBe(503);
    expect((await lab.get("/v1/objects")).json).toEqual([]);
    const { code, err } = await cli(["get", "--admin", lab.url]);
    expect({ code, err }).toEqual({ code: 1, err: "serin: no full list of the store yet\n" });
  });

  it("parts what is too much for one answer", async () => {
    const ca = "x".repeat(limits.store.valueBytes / 2);
    const keys = Array.from({ length: 10 }, (_, n) => `secrets/s${n}`);
    const lab = await start({ objects: Object.fromEntries(keys.map((key) => [key, { ca }])) });
    const { json, headers } = await lab.get("/v1/objects?values=true");
    expect(json).toHaveLength((2 * limits.admin.pageBytes) / limits.store.valueBytes);
    expect(headers.get("link")).toContain("after=secrets%2Fs7>");
    const { out } = await cli(["get", "secrets", "--admin", lab.url]);
    expect(out.split("\n")).toHaveLength(keys.length + 2);
  });

  it("gives values where they are asked for, and none of serin's own", async () => {
    const lab = await start({ objects });
    const { json } = await lab.get("/v1/objects?values=true");
    const values = new Map(
      json.map((one: { key: string; value: unknown }) => [one.key, one.value]),
    );
    expect(values.get("weights/web")).toEqual(webObjects["weights/web"]);
    expect(values.get("status/other/web")).toBeUndefined();
  });
});

describe("/v1/objects/<key>", () => {
  it("gives a value as JSON or YAML, with its revision", async () => {
    const lab = await start();
    const json = await lab.get("/v1/objects/weights/web");
    expect(json).toMatchObject({ status: 200, type: "application/json", json: { v1: 90, v2: 10 } });
    expect(json.headers.get("etag")).toBe('"1"');
    const headers = { accept: "application/yaml" };
    const yaml = await fetch(`${lab.url}/v1/objects/weights/web`, { headers });
    expect(yaml.headers.get("content-type")).toBe("application/yaml");
    expect(await yaml.text()).toBe("v1: 90\nv2: 10\n");
    const cached = await fetch(`${lab.url}/v1/objects/weights/web`, {
      headers: { "if-none-match": '"1"' },
    });
    expect(cached.status).toBe(304);
    const none = await lab.get("/v1/objects/weights/other");
    expect(none).toMatchObject({ status: 404, type: "application/problem+json" });
  });

  it("keeps the comments of YAML", async () => {
    const lab = await start();
    const text = "# half of it\nv1: 50\nv2: 50\n";
    const put = await lab.put("/v1/objects/weights/web", text, {
      "content-type": "application/yaml",
    });
    expect(put).toMatchObject({ status: 200, json: { result: "configured", revision: 2 } });
    const headers = { accept: "text/yaml" };
    expect(await (await fetch(`${lab.url}/v1/objects/weights/web`, { headers })).text()).toBe(text);
    expect((await lab.get("/v1/objects/weights/web")).json).toEqual({ v1: 50, v2: 50 });
  });

  it("creates, changes, and leaves alone what says the same", async () => {
    const lab = await start();
    const created = await lab.put("/v1/objects/routes/web", JSON.stringify(route));
    expect(created).toMatchObject({
      status: 201,
      json: { key: "routes/web", result: "created", revision: 2, diagnostics: [] },
    });
    expect(created.headers.get("etag")).toBe('"2"');
    const same = "rules: [{ backendRefs: [{ name: web }] }]\nhostnames: [web]\n";
    const again = await lab.put("/v1/objects/routes/web", same);
    expect(again).toMatchObject({ status: 200, json: { result: "unchanged", revision: 2 } });
    const other = await lab.put("/v1/objects/routes/web", '{"rules":[],"colour":"red"}');
    expect(other.json).toMatchObject({
      result: "configured",
      revision: 3,
      diagnostics: [{ severity: "warning", code: "FIELD_UNKNOWN", path: "colour" }],
    });
  });

  it("writes only over the revision that is named", async () => {
    const lab = await start();
    const path = "/v1/objects/weights/web";
    const put = (body: string, headers: Record<string, string>) => lab.put(path, body, headers);
    expect((await put('{"v1":1}', { "if-none-match": "*" })).status).toBe(412);
    expect((await put('{"v1":1}', { "if-match": '"9"' })).status).toBe(412);
    expect((await put('{"v1":1}', { "if-match": '"1"' })).json.revision).toBe(2);
    expect((await put('{"v1":2}', { "if-match": '"1"' })).json).toMatchObject({
      status: 412,
      type: "urn:serin:problem:precondition-failed",
    });
    for (const headers of [
      { "if-match": "soon" },
      { "if-match": "0" },
      { "if-none-match": '"1"' },
      { "if-match": '"2"', "if-none-match": "*" },
    ]) {
      expect((await put('{"v1":2}', headers)).status, JSON.stringify(headers)).toBe(400);
    }
    expect((await lab.del(path, { "if-match": '"1"' })).status).toBe(412);
    expect((await lab.del(path, { "if-match": '"2"' })).json).toEqual({
      key: "weights/web",
      revision: 3,
    });
    expect((await lab.del(path)).status).toBe(404);
    expect((await put('{"v1":2}', { "if-none-match": "*" })).status).toBe(201);
  });

  it("refuses what is wrong, and says what and where", async () => {
    const lab = await start();
    const refused = await lab.put("/v1/objects/weights/web", '{"v1":-1}');
    expect(refused).toMatchObject({ status: 422, type: "application/problem+json" });
    expect(refused.json).toMatchObject({
      type: "urn:serin:problem:invalid-object",
      diagnostics: [{ code: "VALUE_INVALID", key: "weights/web", path: "v1" }],
    });
    const noJson = await lab.put("/v1/objects/weights/web", "v1: 1\n", {
      "content-type": "application/json; charset=utf-8",
    });
    expect(noJson.json.diagnostics[0].message).toContain("not JSON");
    const large = await lab.put("/v1/objects/weights/web", "x".repeat(limits.admin.bodyBytes + 1));
    expect(large.status).toBe(413);
    expect((await stored(lab, "weights/web"))?.modRevision).toBe(1n);
  });

  it("takes no key of serin's own, and none of no kind", async () => {
    const lab = await start();
    for (const key of ["status/guards/web", "status/rollouts/web", "history/web/1", "audit/x"]) {
      for (const answer of [
        await lab.get(`/v1/objects/${key}`),
        await lab.put(`/v1/objects/${key}`, "{}"),
        await lab.del(`/v1/objects/${key}`),
      ]) {
        expect(answer.json, key).toMatchObject({ status: 403, title: "reserved key" });
      }
    }
    for (const key of ["weight/web", "weights", "weights/a/b", "endpoints/web", "%00"]) {
      expect((await lab.put(`/v1/objects/${key}`, "{}")).status, key).toBe(400);
    }
    const hint = await lab.put("/v1/objects/weight/web", "{}");
    expect(hint.json.diagnostics[0].message).toContain('did you mean "weights/"?');
    const slashes = "resources/*/clusters/a/b%20c";
    const body = JSON.stringify({ name: "a/b c", type: "STATIC" });
    expect((await lab.put(`/v1/objects/${slashes}`, body)).status).toBe(201);
    expect(await stored(lab, "resources/*/clusters/a/b c")).toBeDefined();
  });

  it("says in a dry run what it would do, and does nothing", async () => {
    const lab = await start();
    const ask = async (key: string, body: string) =>
      (await lab.put(`/v1/objects/${key}?dryRun=true`, body)).json;
    expect(await ask("weights/web", '{"v1":1}')).toEqual({
      key: "weights/web",
      result: "configured",
      revision: 1,
      diagnostics: [],
      dryRun: true,
    });
    expect(await ask("routes/web", "{}")).toMatchObject({ status: 422 });
    expect(await ask("routes/web", JSON.stringify(route))).toMatchObject({
      result: "created",
      revision: 0,
    });
    expect(await ask("weights/web", '{"v2":10,"v1":90}')).toMatchObject({ result: "unchanged" });
    const all = await lab.store.list("");
    expect(all.ok && all.value.revision).toBe(1n);
  });

  it("has a record of services, weights, rollouts and routes in the same revision", async () => {
    const lab = await start();
    const by = "by=ann&why=because";
    await lab.put(`/v1/objects/routes/web?${by}`, JSON.stringify(route));
    await lab.put(`/v1/objects/services/web?${by}`, JSON.stringify(guarded));
    await lab.put(`/v1/objects/endpoints/web/c?${by}`, '{"address":"127.0.0.1:8083"}');
    await lab.del(`/v1/objects/weights/web?${by}`);
    const { json, text } = await lab.get("/v1/history/web");
    expect(json.rows).toMatchObject([
      { by: "ann", why: "because", changes: [{ key: "weights/web", after: null }] },
      { revision: 3, changes: [{ key: "services/web", before: null }] },
      { revision: 2, changes: [{ key: "routes/web", after: JSON.stringify(route) }] },
    ]);
    expect(text).not.toContain("SECRET");
    const undone = await lab.put("/v1/history/web/undo", "");
    expect(undone.json.keys).toEqual(["weights/web"]);
    expect(
      JSON.parse(String(Buffer.from((await stored(lab, "weights/web"))?.value ?? []))),
    ).toEqual(webObjects["weights/web"]);
  });
});

describe("secrets of an object", () => {
  it("are not shown, and what is shown in their place is not taken", async () => {
    const lab = await start({ objects: { ...webObjects, "services/web": guarded } });
    const { json, text } = await lab.get("/v1/objects/services/web");
    expect(text).not.toContain("SECRET");
    expect(json.guard[0].onFailure.alerts[0].webhook.url).toBe(
      "https://hooks.example.com/[redacted]",
    );
    const back = await lab.put("/v1/objects/services/web", text);
    expect(back.json).toMatchObject({
      status: 422,
      diagnostics: [{ path: "guard[0].onFailure.alerts[0].webhook.url" }],
    });
  });

  it("are left out of resources in either spelling, and of the long form's annotations", () => {
    const shown = (key: string, value: object): string => {
      const reading = readKey(key);
      if (reading.kind !== "object") throw new Error(key);
      return JSON.stringify(shownValue(reading.object, value));
    };
    const cluster = {
      name: "a",
      transportSocket: { typedConfig: { tls: { privateKey: { inlineString: "SECRET" } } } },
      load: { private_key: { inline_string: "SECRET" } },
    };
    expect(shown("resources/*/clusters/a", cluster)).not.toContain("SECRET");
    expect(shown("resources/*/clusters/a", { any: "SECRET" })).not.toContain("SECRET");
    const long = {
      kind: "Resource",
      metadata: { name: "a", annotations: { last: "SECRET" } },
      spec: cluster,
    };
    expect(shown("resources/*/clusters/a", long)).not.toContain("SECRET");
    const resources = [
      { type: "sds", resource: { name: "s", tls: "SECRET" } },
      { resource: { name: "s", tls: "SECRET" } },
      { type: "cds", any: "SECRET" },
    ];
    expect(shown("snapshots/n", { resources })).not.toContain("SECRET");
    expect(shown("snapshots/n", { resources: "SECRET" })).not.toContain("SECRET");
    expect(shownText("rollouts/web", "{ url: SECRET")).toBeUndefined();
    expect(shownText("weights/web", "v1:   1\n")).toBe("v1:   1\n");
  });

  it("are not told where the value cannot be read", async () => {
    const lab = await start();
    const bytes = Buffer.from('{ "url": "SECRET');
    await lab.store.transact({
      compare: [],
      writes: [{ kind: "put", key: "services/web", value: bytes }],
    });
    await eventually(() => lab.app.revision() === 2n, { what: "the revision" });
    for (const path of ["/v1/objects/services/web", "/v1/objects?values=true"]) {
      const { text } = await lab.get(path);
      expect(text).not.toContain("SECRET");
      expect(text).toContain("neither JSON nor YAML");
    }
  });
});
