import { describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, startedLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy, type FakeProxy } from "../../support/fake-proxy.ts";
import { eventually } from "../../support/wait.ts";

async function start(): Promise<AdminLab> {
  const other = { "endpoints/other/a": { address: "127.0.0.1:8", version: "v1" } };
  return startedLab({ objects: { ...webObjects, ...other } });
}

const clusters = ["other/v1", "web/v1", "web/v2"];

/** An Envoy that has asked for all it needs, and accepted it. */
async function edge({ app }: AdminLab, id: string): Promise<FakeProxy> {
  const proxy = connectProxy(app.hub, { id, userAgent: "envoy", peer: "10.0.0.9:1" });
  for (const [typeUrl, names] of [
    [typeUrls.cluster, []],
    [typeUrls.endpoint, clusters],
    [typeUrls.listener, []],
    [typeUrls.route, ["default/http"]],
  ] as const) {
    proxy.subscribe(typeUrl, names);
    await eventually(() => proxy.received(typeUrl).length > 0, { what: `${typeUrl}` });
    proxy.ack(typeUrl);
  }
  return proxy;
}

const running = async ({ get }: AdminLab, more = "") =>
  (await get(`/v1/explain?target=web${more}`)).json.answers[0].running;

const sent = (proxy: FakeProxy, count: number) =>
  eventually(() => proxy.received(typeUrls.route).length === count, { what: "the routes" });

describe("explain: which proxies run it", () => {
  it("counts those that have accepted what it was read from, and names the others", async () => {
    const lab = await start();
    const first = await edge(lab, "edge-1");
    const second = await edge(lab, "edge-2");
    expect(await running(lab)).toEqual({
      ...{ proxies: 2, accepted: 2, behind: [], omitted: 0, otherReplicas: 0 },
    });
    await lab.write("weights/web", { v1: 50, v2: 50 });
    await sent(first, 2);
    await sent(second, 2);
    first.ack(typeUrls.route);
    const behind = { node: "edge-2", peer: "10.0.0.9:1", types: ["RDS"], status: "PENDING" };
    expect(await running(lab)).toMatchObject({ proxies: 2, accepted: 1, behind: [behind] });
    second.nack(typeUrls.route, "no");
    const rejected = { ...behind, status: "NACKED" };
    expect(await running(lab)).toMatchObject({ accepted: 1, behind: [rejected] });
    expect(await running(lab, "&node=edge-1")).toMatchObject({ proxies: 1, accepted: 1 });
    const { out } = await cli(["explain", "web", "--admin", lab.url]);
    expect(out).toContain(
      "  runs at       1 of 2 proxies\n                not yet edge-2 (10.0.0.9:1): RDS NACKED\n",
    );
  });

  it("minds nothing that the answer was not read from", async () => {
    const lab = await start();
    const proxy = await edge(lab, "edge-1");
    const assignments = proxy.received(typeUrls.endpoint).length;
    await lab.write("endpoints/other/b", { address: "127.0.0.1:9", version: "v1" });
    await eventually(() => proxy.received(typeUrls.endpoint).length > assignments, {
      what: "instances of the other service",
    });
    // They are not accepted.
    expect(await running(lab)).toMatchObject({ proxies: 1, accepted: 1, behind: [] });
  });

  it("names a proxy that has not asked for all of it yet, and nobody who gets no such listener", async () => {
    const lab = await start();
    const late = connectProxy(lab.app.hub, { id: "late", userAgent: "envoy" });
    late.subscribe(typeUrls.listener);
    const client = connectProxy(lab.app.hub, { id: "grpc", userAgent: "gRPC Go" });
    client.subscribe(typeUrls.listener, ["web"]);
    const { proxies, accepted, behind } = await running(lab);
    expect({ proxies, accepted }).toEqual({ proxies: 1, accepted: 0 });
    expect(behind).toMatchObject([{ node: "late", types: ["LDS", "RDS", "CDS", "EDS"] }]);
    client.ack(typeUrls.listener);
    const asked = await running(lab, "&grpc=true");
    expect(asked).toMatchObject({
      proxies: 1,
      behind: [{ node: "grpc", types: ["RDS", "CDS", "EDS"] }],
    });
    const none = await running(lab, "&node=nobody");
    expect(none).toMatchObject({ proxies: 0, accepted: 0 });
  });
});
