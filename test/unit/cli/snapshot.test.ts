import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, adminLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

let open: AdminLab[] = [];

afterEach(async () => {
  await Promise.all(open.map((lab) => lab.close()));
  open = [];
});

async function start(): Promise<AdminLab> {
  const lab = await adminLab();
  open.push(lab);
  await lab.app.started;
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
