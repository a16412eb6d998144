import { afterEach, describe, expect, it } from "vitest";
import type { ViewJson } from "../../../../src/api/snapshot.ts";
import { limits } from "../../../../src/config/limits.ts";
import { err } from "../../../../src/lib/result.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import type { Store } from "../../../../src/store/store.ts";
import { type AdminLab, adminLab, webObjects } from "../../../support/admin.ts";
import { cli } from "../../../support/cli.ts";
import { connectProxy } from "../../../support/fake-proxy.ts";
import { withPast } from "../../../support/store-with-past.ts";
import { eventually } from "../../../support/wait.ts";

let lab: AdminLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function start(compacted = 0n): Promise<AdminLab> {
  lab = await adminLab({ store: withPast(webObjects, compacted) });
  await lab.app.started;
  await lab.write("weights/web", { v1: 50, v2: 50 });
  return lab;
}

/** `RDS default/http <version>` of each resource. */
const listed = (views: readonly ViewJson[]): readonly string[] =>
  views
    .flatMap(({ types }) => types)
    .flatMap(({ type, resources }) =>
      resources.map(({ name, version }) => `${type} ${name} ${version}`),
    );

describe("GET /v1/snapshot?revision=", () => {
  it("tells what the store made at a revision, by place, with bodies", async () => {
    const at = await start();
    const asked = "/v1/snapshot?type=RDS&name=default/http&bodies=true";
    const was = await at.get(`${asked}&revision=1`);
    expect(was.json.revision).toBe(1);
    expect(JSON.stringify(was.json)).toContain('"weight":9000');
    const is = await at.get(`${asked}&revision=2`);
    expect(JSON.stringify(is.json)).not.toContain('"weight":9000');
    const whole = await at.get("/v1/snapshot?revision=1");
    expect(whole.json.views).toMatchObject([
      { view: "gateways/default", missing: [] },
      { view: "shared", missing: [] },
    ]);
  });

  it("makes of the present what is served", async () => {
    const at = await start();
    connectProxy(at.app.hub, { id: "edge-1", userAgent: "envoy" }).subscribe(typeUrls.cluster);
    const served = listed((await at.get("/v1/snapshot?view=default")).json.views);
    const made = new Set(listed((await at.get("/v1/snapshot?revision=2")).json.views));
    expect(served.length).toBeGreaterThan(4);
    expect(served.filter((line) => !made.has(line))).toEqual([]);
  });

  it("comes in pages, which the command puts together", async () => {
    const at = await start();
    const whole = await at.get("/v1/snapshot?revision=1");
    const lines: string[] = [];
    let next: string | undefined = "/v1/snapshot?revision=1&limit=2";
    for (let pages = 0; next !== undefined && pages < 20; pages += 1) {
      const page = await fetch(new URL(next, at.url));
      lines.push(...listed(((await page.json()) as { views: ViewJson[] }).views));
      next = /<([^>]+)>/.exec(page.headers.get("link") ?? "")?.[1];
    }
    expect(lines).toEqual(listed(whole.json.views));
    const shown = await cli(["snapshot", "get", "1", "-o", "json", "--admin", at.url]);
    expect({ code: shown.code, json: JSON.parse(shown.out) }).toEqual({
      code: 0,
      json: whole.json,
    });
  });

  it("says that a revision is gone, or not there yet, or none", async () => {
    const at = await start(1n);
    expect((await at.get("/v1/snapshot?revision=1")).json).toMatchObject({
      ...{ status: 410, title: "no such revision", detail: "it is compacted" },
    });
    expect((await at.get("/v1/snapshot?revision=9")).status).toBe(404);
    expect((await at.get("/v1/snapshot?revision=0")).status).toBe(400);
    const gone = await cli(["snapshot", "get", "1", "--admin", at.url]);
    expect(gone).toMatchObject({ code: 1, out: "", err: "serin: it is compacted\n" });
  });

  it("has a place among those who wait for plans and differences", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store = withPast(webObjects);
    const listAt = store.listAt?.bind(store);
    const held: Store = Object.assign(store, {
      listAt: async (revision: bigint) => {
        await released;
        return (await listAt?.(revision)) ?? err({ kind: "future", message: "none" } as const);
      },
    });
    lab = await adminLab({ store: held });
    const { get, write, app } = lab;
    await app.started;
    await write("weights/web", { v1: 50, v2: 50 });
    const { planWaits } = limits.live;
    const paths = ["/v1/snapshot?revision=1", "/v1/snapshot/diff?from=1"];
    let refused = 0;
    const all = Array.from({ length: planWaits + 8 }, async (_, i) => {
      const { status } = await get(paths[i % 2] ?? "");
      if (status === 429) refused += 1;
      return status;
    });
    await eventually(() => refused === 8, { what: "those who find no place" });
    release();
    expect((await Promise.all(all)).filter((status) => status === 200)).toHaveLength(planWaits);
  });
});
