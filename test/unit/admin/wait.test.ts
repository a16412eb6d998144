import { describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, startedLab } from "../../support/admin.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { eventually } from "../../support/wait.ts";

async function start(): Promise<AdminLab> {
  return startedLab();
}

describe("/v1/wait", () => {
  it("tells rejections that stand from before, and does not fail for them", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1" });
    proxy.ackAll();
    proxy.subscribe(typeUrls.route, ["default/http"]);
    await lab.get(`/v1/wait?revision=${lab.app.revision()}&timeoutMs=5000`);
    const picky = connectProxy(lab.app.hub, { id: "edge-2", peer: "10.0.0.9:1" });
    picky.subscribe(typeUrls.cluster);
    picky.ack(typeUrls.cluster);
    const bad = await lab.write("endpoints/bad/a", { address: "127.0.0.1:1", version: "v1" });
    await eventually(() => picky.received(typeUrls.cluster).length === 2, { what: "the cluster" });
    picky.nack(typeUrls.cluster, "bad cluster");
    expect((await lab.get(`/v1/wait?revision=${bad}&timeoutMs=5000`)).status).toBe(409);

    const next = await lab.write("weights/web", { v1: 0, v2: 100 });
    const answer = await lab.get(`/v1/wait?revision=${next}&timeoutMs=5000`);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ proxies: 2, omitted: 0 });
    expect(answer.json.standing).toMatchObject([
      { node: "edge-2", peer: "10.0.0.9:1", type: "CDS", status: "NACKED", message: "bad cluster" },
    ]);

    // Another cluster is another name: what stands rejected is still not its fault.
    const more = await lab.write("endpoints/good/a", { address: "127.0.0.1:2", version: "v1" });
    await eventually(() => picky.received(typeUrls.cluster).length === 3, {
      what: "the other one",
    });
    picky.ack(typeUrls.cluster);
    expect((await lab.get(`/v1/wait?revision=${more}&timeoutMs=5000`)).status).toBe(200);
  });

  it("waits for proxies where some are asked for", async () => {
    const lab = await start();
    const path = `/v1/wait?revision=${lab.app.revision()}`;
    expect((await lab.get(path)).json).toMatchObject({ proxies: 0, standing: [] });
    const none = await lab.get(`${path}&minProxies=1&timeoutMs=30`);
    expect(none.status).toBe(504);
    expect(none.json.detail).toMatch(/^no proxy is connected: none came within \d+ ms$/);
    const waiting = lab.get(`${path}&minProxies=1&timeoutMs=5000`);
    connectProxy(lab.app.hub, { id: "edge-1" }).ackAll();
    expect((await waiting).json).toMatchObject({ proxies: 1 });
    const two = await lab.get(`${path}&minProxies=2&timeoutMs=30`);
    expect(two.json.detail).toContain("only 1 of 2 proxies connected");
    expect((await lab.get(`${path}&minProxies=x`)).status).toBe(400);
  });

  it("answers for a revision that changed nothing of what proxies get", async () => {
    const lab = await start();
    const next = (lab.app.revision() ?? 0n) + 1n;
    const alone = lab.get(`/v1/wait?revision=${next}&timeoutMs=5000`);
    await lab.write("status/load/replica-1", { seq: 0 });
    expect((await alone).json).toMatchObject({ revision: Number(next), proxies: 0 });
    connectProxy(lab.app.hub, { id: "edge-1" }).ackAll();
    const revision = await lab.write("status/load/replica-1", { seq: 1 });
    const answer = await lab.get(`/v1/wait?revision=${revision}&minProxies=1&timeoutMs=5000`);
    expect(answer.json).toMatchObject({ revision: Number(revision), proxies: 1, standing: [] });
    const waiting = lab.get(`/v1/wait?revision=${revision + 1n}&timeoutMs=5000`);
    await lab.write("history/web/1", { why: "a test" });
    expect((await waiting).status).toBe(200);
    const { text } = await lab.get("/metrics");
    expect(text).toContain(`serin_snapshot_revision ${revision + 1n}\n`);
  });
});
