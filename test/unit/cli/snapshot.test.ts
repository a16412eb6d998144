import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { SnapshotDiffJson } from "../../../src/api/snapshot-diff.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, startedLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

async function start(): Promise<AdminLab> {
  const lab = await startedLab();
  connectProxy(lab.app.hub, { id: "edge-1", userAgent: "envoy" }).subscribe(typeUrls.cluster);
  return lab;
}

describe("snapshot get", () => {
  it("shows a row a resource, and what it was made of", async () => {
    const { url } = await start();
    const { code, out, err } = await cli(["snapshot", "get", "--admin", url]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^VIEW {5}TYPE {2}NAME +VERSION +FROM\n/);
    expect(out).toMatch(/\ndefault {2}CDS {3}web\/v1 +\S+ +.*endpoints\/web\/a/);
    expect(out).toMatch(/\ndefault {2}RDS {3}default\/http +\S+ +/);
  });

  it("shows what a proxy gets, of a type or name, with contents", async () => {
    const { url } = await start();
    const asked = ["snapshot", "get", "--admin", url, "--node", "edge-1"];
    const some = await cli([
      ...asked,
      "--type",
      "EDS",
      "--name",
      "web/v2",
      "--bodies",
      "-o",
      "json",
    ]);
    const { views } = JSON.parse(some.out);
    expect(views).toHaveLength(1);
    expect(views[0].types).toMatchObject([{ type: "EDS", resources: [{ name: "web/v2" }] }]);
    expect(JSON.stringify(views[0].types[0].resources[0].body)).toContain("8082");
    const yaml = await cli([...asked, "--type", "CDS", "-o", "yaml"]);
    expect(parse(yaml.out).views[0].types[0].resources).toHaveLength(2);
    const nobody = await cli(["snapshot", "get", "--admin", url, "--node", "edge-9"]);
    expect(nobody).toMatchObject({ code: 1, out: "" });
    expect(nobody.err).toBe("serin: no connected proxy is called edge-9\n");
    const none = await cli([...asked, "--name", "nothing"]);
    expect(none.out).toMatch(/^no such resource at revision \d+\n$/);
  });

  it("puts pages together, of one view and type as well", async () => {
    const { url } = await start();
    let pages = 0;
    // The same server, of which a page has room for two resources.
    const between = createServer(async (request, answer) => {
      pages += 1;
      const asked = new URL(request.url ?? "", url);
      asked.searchParams.set("limit", "2");
      const page = await fetch(asked);
      const link = page.headers.get("link");
      const type = { "content-type": "application/json" };
      answer.writeHead(page.status, link === null ? type : { ...type, link });
      answer.end(await page.text());
    });
    await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = between.address() as AddressInfo;
      const parts = await cli(["snapshot", "get", "--admin", `http://127.0.0.1:${port}`]);
      const whole = await cli(["snapshot", "get", "--admin", url]);
      expect(pages).toBeGreaterThan(2);
      expect(parts).toMatchObject({ code: 0, out: whole.out });
    } finally {
      between.close();
    }
  });
});

describe("snapshot diff", () => {
  it("shows what came, changed and went, and how", async () => {
    const answer: SnapshotDiffJson = {
      from: 120,
      to: 124,
      resources: [
        { place: "shared", type: "CDS", added: ["web/v3"], changed: [], removed: ["web/v1"] },
        { place: "gateways/edge", type: "RDS", added: [], changed: ["edge/http"], removed: [] },
      ],
      bodies: [
        { place: "gateways/edge", type: "RDS", name: "edge/http", diff: "@@ -1 +1 @@\n-a\n+b\n" },
      ],
    };
    const asked: (string | undefined)[] = [];
    const stand = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => stand.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = stand.address() as AddressInfo;
      const command = ["snapshot", "diff", "120", "124", "--bodies"];
      const shown = await cli([...command, "--admin", `http://127.0.0.1:${port}`]);
      expect(asked).toEqual(["/v1/snapshot/diff?from=120&to=124&bodies=true"]);
      expect(shown).toMatchObject({ code: 1, err: "" });
      expect(shown.out).toBe(
        [
          "PLACE          TYPE  RESOURCES",
          "shared         CDS   + web/v3",
          "shared         CDS   - web/v1",
          "gateways/edge  RDS   ~ edge/http",
          "",
          "gateways/edge RDS edge/http",
          "@@ -1 +1 @@",
          "-a",
          "+b",
          "",
        ].join("\n"),
      );
    } finally {
      stand.close();
    }
  });

  it("ends with 2 where the store keeps no past, and where a revision is none", async () => {
    const { url } = await start();
    const past = await cli(["snapshot", "diff", "9", "--admin", url]);
    expect(past).toMatchObject({ code: 2, out: "" });
    expect(past.err).toMatch(/^serin: the store .* keeps no past/);
    expect((await cli(["snapshot", "diff", "one", "--admin", url])).code).toBe(2);
  });
});

describe("snapshot --store", () => {
  it("makes the resources of a folder without a server", async () => {
    const folder = "file:examples/gateways-two";
    const { code, out, err } = await cli(["snapshot", "get", "--store", folder]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/\ngateways\/\S+ +LDS +/);
    expect(out).toMatch(/\nshared +CDS +/);
    const json = await cli(["snapshot", "get", "--store", folder, "--type", "LDS", "-o", "json"]);
    const { revision, views } = JSON.parse(json.out);
    expect(revision).toBeNull();
    expect(JSON.stringify(views)).toContain('"LDS"');
  });

  it("refuses what a folder cannot know, and flags that would count for nothing", async () => {
    const store = ["--store", "file:examples/gateways-two"];
    const past = await cli(["snapshot", "get", "3", ...store]);
    expect(past.code).toBe(1);
    expect(past.err).toMatch(/^serin: the store \(file:.*\) keeps no past\n$/);
    expect((await cli(["snapshot", "diff", "3", ...store])).code).toBe(2);
    expect((await cli(["snapshot", "get", "--node", "edge-1", ...store])).code).toBe(2);
    expect((await cli(["snapshot", "get", "3", "--node", "edge-1"])).code).toBe(2);
    expect((await cli(["snapshot", "get", "--default-gateway", "off"])).code).toBe(2);
  });
});
