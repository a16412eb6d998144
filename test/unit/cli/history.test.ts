import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { err } from "../../../src/lib/result.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { type AdminLab, startedLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freshFolder } from "../../support/tmp.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function start(store?: MemoryStore): Promise<AdminLab> {
  return startedLab(store === undefined ? {} : { store });
}

/** Ids and times differ from run to run. */
const plain = (text: string): string =>
  text
    .replaceAll(/\d{13}-[0-9a-f]{12}/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replaceAll(/ +/g, " ");

const ann = { SERIN_BY: "ann@host" };

describe("history", () => {
  it("shows who changed what, when and why, the newest first", async () => {
    const { url } = await start();
    const none = await cli(["history", "web", "--admin", url]);
    expect(none).toMatchObject({ code: 0, out: "no change of web is recorded\n" });
    await cli(["weight", "set", "web", "v1=50", "v2=50", "--admin", url], { env: ann });
    const why = ["--by", "bob", "--why", "v2 is slow"];
    await cli(["weight", "set", "web", "v1=100", "v2=0", ...why, "--admin", url]);
    await cli(["weight", "unset", "web", "--admin", url], { env: ann });
    const { code, out } = await cli(["history", "web", "--admin", url]);
    expect(code).toBe(0);
    expect(plain(out)).toBe(`\
ID REVISION WHEN BY WHY CHANGE
<id> 4 <time> ann@host weight unset weights/web v1=100 v2=0 -> nothing
<id> 3 <time> bob v2 is slow weights/web v1=50 v2=50 -> v1=100 v2=0
<id> 2 <time> ann@host weight set weights/web v1=90 v2=10 -> v1=50 v2=50
`);
    const json = JSON.parse((await cli(["history", "web", "-o", "json", "--admin", url])).out);
    expect(json).toMatchObject({ service: "web", broken: [] });
    expect(json.rows[1]).toEqual({
      kind: "record",
      id: expect.stringMatching(/^\d{13}-[0-9a-f]{12}$/),
      revision: 3,
      at: expect.stringMatching(/^\d{4}-/),
      by: "bob",
      why: "v2 is slow",
      changes: [{ key: "weights/web", before: '{"v1":50,"v2":50}', after: '{"v1":100,"v2":0}' }],
    });
  });

  it("says user and host where nobody is named, and the address of a call without a name", async () => {
    const { url, put } = await start();
    await cli(["weight", "set", "web", "v1=1", "--admin", url], { env: { USER: "root" } });
    await put("/v1/weights/web", '{"v1":2}');
    const { rows } = JSON.parse((await cli(["history", "web", "-o", "json", "--admin", url])).out);
    expect(rows.map(({ by }: { by: string }) => by)).toEqual([
      "API 127.0.0.1",
      `root@${hostname()}`,
    ]);
    expect(rows[0].why).toBe("weight set");
  });

  it("shows what was written past serin", async () => {
    const { url, write } = await start();
    await cli(["weight", "set", "web", "v1=50", "v2=50", "--admin", url], { env: ann });
    await write("weights/web", { v1: 33, v2: 67 });
    await cli(["weight", "set", "web", "v1=1", "v2=1", "--admin", url], { env: ann });
    await write("weights/web", { v1: 34, v2: 66 });
    const { out } = await cli(["history", "web", "--admin", url]);
    expect(plain(out)).toContain(`\
- - - unknown written past serin weights/web v1=1 v2=1 -> v1=34 v2=66
<id> 4 <time> ann@host weight set weights/web v1=33 v2=67 -> v1=1 v2=1
- - - unknown written past serin weights/web v1=50 v2=50 -> v1=33 v2=67
`);
  });

  it("warns of a record that cannot be read, and shows nothing that a terminal would obey", async () => {
    const { url, write, store } = await start();
    await write("history/web/1700000000000-0a", { by: "nobody" });
    const record = {
      by: "eve\u001b[31m",
      atMs: 1_700_000_000_000,
      why: "\u0007",
      changes: [{ key: "weights/web", before: null, after: "x".repeat(500) }],
    };
    await write("history/web/1700000000001-0a", record);
    await store.transact({
      compare: [],
      writes: [{ kind: "put", key: "weights/web", value: Buffer.from("x".repeat(500)) }],
    });
    const { out, err: told } = await cli(["history", "web", "--admin", url]);
    expect(told).toBe(
      "warning: history/web/1700000000000-0a: not a record of history: it is wrong at atMs\n",
    );
    expect(out).toContain("eve [31m");
    expect(out).toContain(`nothing -> ${"x".repeat(119)}…`);
  });

  it("refuses names that are none, and passes on that the store is away", async () => {
    const store = new MemoryStore();
    const { url, get } = await start(store);
    expect((await cli(["history", "-x-", "--admin", url])).code).toBe(2);
    expect((await get("/v1/history/-x-")).status).toBe(400);
    store.list = async () => err({ kind: "unavailable", message: "etcd is away" });
    expect((await get("/v1/history/web")).status).toBe(503);
    const long = "x".repeat(limits.history.textChars + 1);
    for (const wrong of [long, "two\nlines", " "]) {
      const set = ["weight", "set", "web", "v1=1", "--why", wrong, "--admin", url];
      expect((await cli(set)).code).toBe(2);
    }
  });
});

describe("undo", () => {
  it("puts the last change back, and is a change itself", async () => {
    const { url, app, store } = await start();
    const weights = async () => {
      const read = await store.get("weights/web");
      return read.ok && Buffer.from(read.value?.value ?? []).toString();
    };
    await cli(["weight", "set", "web", "v1=0", "v2=100", "--admin", url], { env: ann });
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const undone = await cli(["undo", "web", "--wait", "--admin", url], { env: ann });
    expect(undone).toMatchObject({ code: 0, err: "" });
    expect(undone.out).toMatch(/^weights\/web put back at revision 3\naccepted by 1 proxy in /);
    expect(await weights()).toBe(JSON.stringify(webObjects["weights/web"]));
    const { out } = await cli(["history", "web", "--admin", url]);
    expect(plain(out).split("\n")[1]).toBe(
      "<id> 3 <time> ann@host undo of <id> weights/web v1=0 v2=100 -> v1=90 v2=10",
    );
    await cli(["undo", "web", "--admin", url], { env: ann });
    expect(await weights()).toBe('{"v1":0,"v2":100}');
  });

  it("goes back to a revision, or to a record", async () => {
    const { url } = await start();
    for (const weight of ["10", "20", "30", "40"]) {
      await cli(["weight", "set", "web", `v1=${weight}`, "--admin", url], { env: ann });
    }
    const to = await cli(["undo", "web", "--to", "3", "-o", "json", "--admin", url], { env: ann });
    expect(JSON.parse(to.out)).toMatchObject({ revision: 6, keys: ["weights/web"] });
    expect((await cli(["weight", "get", "web", "--admin", url])).out).toContain("v1=20 ");
    const { rows } = JSON.parse((await cli(["history", "web", "-o", "json", "--admin", url])).out);
    const why = ["--why", "as on Monday"];
    const undo = ["undo", "web", "--to", rows[2].id, ...why, "--admin", url];
    expect((await cli(undo, { env: ann })).code).toBe(0);
    expect((await cli(["weight", "get", "web", "--admin", url])).out).toContain("v1=30 ");
    expect((await cli(["history", "web", "--admin", url])).out).toContain("as on Monday");
  });

  it("holds only over the change that was shown, where that is told", async () => {
    const { url, put, get } = await start();
    const set = (weight: string) =>
      cli(["weight", "set", "web", `v1=${weight}`, "--admin", url], { env: ann });
    const last = async () => (await get("/v1/history/web")).json.rows[0].id;
    await set("10");
    await set("20");
    const shown = await last();
    await set("30");
    const now = await last();
    const refused = await cli(["undo", "web", "--expected", shown, "--admin", url], { env: ann });
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain(`the last change is ${now}, and not ${shown}`);
    const back = await put(`/v1/history/web/undo?to=${shown}&expected=${shown}`, "");
    expect(back).toMatchObject({ status: 412 });
    expect((await get("/v1/weights/web")).json.weights).toEqual({ v1: 30 });
    const undone = await cli(["undo", "web", "--expected", now, "--admin", url], { env: ann });
    expect(undone.code).toBe(0);
    expect((await get("/v1/weights/web")).json.weights).toEqual({ v1: 20 });
    expect((await cli(["undo", "web", "--expected", "4711", "--admin", url])).code).toBe(2);
    expect((await put("/v1/history/web/undo?expected=soon", "")).status).toBe(400);
    const none = await put(`/v1/history/none/undo?expected=${now}`, "");
    expect(none).toMatchObject({ status: 412 });
  });

  it("refuses what somebody has changed since, unless it is forced", async () => {
    const { url, write } = await start();
    await cli(["weight", "set", "web", "v1=50", "v2=50", "--admin", url], { env: ann });
    await write("weights/web", { v1: 33, v2: 67 });
    const refused = await cli(["undo", "web", "--admin", url], { env: ann });
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toBe(
      "serin: web: weights/web was changed since, and no record tells by whom; force puts it back all the same\n",
    );
    const forced = await cli(["undo", "web", "--force", "--admin", url], { env: ann });
    expect(forced.out).toBe("weights/web put back at revision 4\n");
    const none = await cli(["undo", "api", "--admin", url], { env: ann });
    expect(none.err).toBe("serin: api: there is no record of a change\n");
  });

  it("works without a server on a folder, where records are files as well", async () => {
    const folder = freshFolder("history");
    folders.push(folder);
    mkdirSync(join(folder, "endpoints", "web"), { recursive: true });
    const instance = JSON.stringify({ address: "127.0.0.1:8081", version: "v1" });
    writeFileSync(join(folder, "endpoints", "web", "a.json"), instance);
    const store = ["--store", `file:${folder}`];
    await cli(["weight", "set", "web", "v1=1", ...store], { env: ann });
    await cli(["weight", "set", "web", "v1=2", ...store], { env: ann });
    expect(readdirSync(join(folder, "history", "web"))).toHaveLength(2);
    const undone = await cli(["undo", "web", ...store], { env: ann });
    expect(undone).toMatchObject({ code: 0, err: "" });
    const written = readFileSync(join(folder, "weights", "web.json"), "utf8");
    expect(written).toBe('{"v1":1}');
    const { out } = await cli(["history", "web", ...store]);
    const changes = plain(out)
      .split("\n")
      .slice(1, 4)
      .map((line) => line.replace(/^.*weights\/web /, ""));
    expect(changes).toEqual(["v1=2 -> v1=1", "v1=1 -> v1=2", "nothing -> v1=1"]);
    const first = out.trim().split("\n").at(-1)?.split(" ")[0] ?? "";
    await cli(["weight", "set", "web", "v1=3", ...store], { env: ann });
    expect((await cli(["undo", "web", "--to", first, ...store], { env: ann })).code).toBe(0);
    expect(readFileSync(join(folder, "weights", "web.json"), "utf8")).toBe('{"v1":1}');
    const twice = await cli(["weight", "unset", "web", ...store], { env: ann });
    expect(twice.code).toBe(0);
    expect((await cli(["undo", "web", ...store], { env: ann })).code).toBe(0);
    expect(existsSync(join(folder, "weights", "web.json"))).toBe(true);
  });

  it("says what is wrong with a question", async () => {
    const lab = await start();
    const to = async (query: string) => (await lab.put(`/v1/history/web/undo${query}`, "")).json;
    expect(await to("?to=soon")).toMatchObject({ status: 400, title: "bad request" });
    expect(await to("")).toMatchObject({ status: 409, title: "conflict" });
    expect((await lab.put("/v1/history/-x-/undo", "")).status).toBe(400);
    expect((await cli(["undo", "web", "--to", "soon"])).code).toBe(2);
  });

  it("loses against a write at the same time, and says so", async () => {
    const store = new MemoryStore();
    const lab = await start(store);
    await lab.put("/v1/weights/web?force=true", '{"v1":1}');
    const real = store.transact.bind(store);
    store.transact = async (transaction) => {
      store.transact = real;
      await lab.write("weights/web", { v1: 5 });
      return real(transaction);
    };
    const lost = await cli(["undo", "web", "--admin", lab.url], { env: ann });
    expect(lost.err).toBe("serin: web was changed by someone else; try again\n");
    store.transact = async () => err({ kind: "ambiguous", message: "the answer was lost" });
    const unknown = await lab.put("/v1/history/web/undo?force=true", "");
    expect(unknown.json).toMatchObject({ status: 504, title: "write ambiguous" });
  });
});
