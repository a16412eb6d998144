import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { readPageAssets } from "../../../src/admin/page-assets.ts";
import { addPage } from "../../../src/admin/page-routes.ts";
import { freshFolder } from "../../support/tmp.ts";

const long = `// ${"long ".repeat(500)}`;
const map = '{"imports":{"preact":"{assets}/vendor/preact.js"}}';
const html = `<script type="importmap">${map}</script><script src="{assets}/web/main.js"></script>`;

let folder: string;
let app: Hono;

beforeEach(() => {
  folder = freshFolder("page");
  mkdirSync(join(folder, "web"));
  writeFileSync(join(folder, "index.html"), html);
  writeFileSync(join(folder, "web/main.js"), long);
  writeFileSync(join(folder, "web/page.css"), "body{}");
  writeFileSync(join(folder, "web/notes.txt"), "not for browsers");
  app = new Hono();
  addPage(app, readPageAssets(folder));
});

const index = async () => {
  const response = await app.request("/");
  return { response, text: await response.text() };
};

const assetPath = async (name: string): Promise<string> =>
  `${/src="(.*)\/web\/main.js"/.exec((await index()).text)?.[1]}/${name}`;

describe("the page", () => {
  it("is html that may run only what serin serves, and its import map by its hash", async () => {
    const { response, text } = await index();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(text).toMatch(/"\/assets\/[0-9a-f]{16}\/vendor\/preact.js"/);
    const policy = response.headers.get("content-security-policy");
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]{44}'/);
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("is asked for again each time, and not sent again while it is the same", async () => {
    const { response } = await index();
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const etag = response.headers.get("etag") ?? "";
    const again = await app.request("/", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("has assets that browsers keep, each with its type", async () => {
    const script = await app.request(await assetPath("web/main.js"));
    expect([script.status, await script.text()]).toEqual([200, long]);
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const style = await app.request(await assetPath("web/page.css"));
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
  });

  it("compresses what is long for those who take it", async () => {
    const headers = { "accept-encoding": "gzip, br" };
    const packed = await app.request(await assetPath("web/main.js"), { headers });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await packed.arrayBuffer()).toString()).toBe(long);
    const short = await app.request(await assetPath("web/page.css"), { headers });
    expect(short.headers.get("content-encoding")).toBeNull();
  });

  it("has another address as soon as anything in it is another", async () => {
    const before = await assetPath("web/main.js");
    writeFileSync(join(folder, "web/page.css"), "body{color:red}");
    app = new Hono();
    addPage(app, readPageAssets(folder));
    expect(await assetPath("web/main.js")).not.toBe(before);
    expect((await app.request(before)).status).toBe(404);
  });

  it("serves nothing but its own files", async () => {
    for (const path of ["web/notes.txt", "index.html", "../package.json", "%2e%2e/package.json"]) {
      expect((await app.request(await assetPath(path))).status).toBe(404);
    }
  });

  it("says how to build it where it was not built", async () => {
    const bare = new Hono();
    addPage(bare, readPageAssets(join(folder, "nothing")));
    const response = await bare.request("/");
    expect(await response.text()).toContain("npm run build");
  });
});
