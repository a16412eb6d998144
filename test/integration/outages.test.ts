import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoreJson } from "../../src/api/store.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { type Load, runLoad, startLoad } from "../support/load.ts";
import { type Scene, startScene } from "../support/scene.ts";
import type { Serin } from "../support/serin.ts";
import { serverEqualsEtcd } from "../support/serin-oracle.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";

const headers = { host: "web" };

/**
 * The store fails in every way that was seen to lose changes; Envoy serves throughout, and
 * afterwards the server's state equals a linearizable read of etcd, key by key.
 */
describe("etcd fails while Envoy serves", () => {
  let scene: Scene;
  let server: Serin;
  let proxy: TcpProxy;
  let load: Load;

  beforeEach(async () => {
    scene = await startScene({
      variant: "delta",
      store: async (etcd) => {
        proxy = await startTcpProxy(etcd.endpoint);
        return `etcd://${proxy.endpoint}`;
      },
    });
    server = scene.servers[0] as Serin;
    load = startLoad({ port: scene.port, headers, rate: 200 });
  });
  afterEach(async () => {
    await load?.stop();
    await scene?.stop();
    await proxy?.close();
  });

  const store = (): Promise<StoreJson> => server.api<StoreJson>("/v1/store");

  /** After recovery: equal state, no failed request, and the next change arrives. */
  const recovered = async (): Promise<void> => {
    await serverEqualsEtcd(server, scene.etcd.endpoint);
    await scene.apply("weights/web", { v1: 0, v2: 100 });
    const report = await load.stop();
    expect(report.failures).toEqual({});
    const after = await runLoad({ port: scene.port, headers, total: 200 });
    expect(after.byVersion).toEqual({ v2: 200 });
  };

  it("killed with SIGKILL, and started again on its data", async () => {
    await scene.etcd.kill();
    await eventually(async () => !(await store()).connected, {
      what: "the server to notice",
      timeoutMs: 10_000,
    });
    await scene.etcd.restart();
    await scene.put("endpoints/other/a", { address: "127.0.0.1:9", version: "v1" });
    await recovered();
  });

  it("wiped: the last good state is held, and what is written anew counts", async () => {
    await scene.etcd.kill();
    scene.etcd.wipe();
    await scene.etcd.restart();
    await eventually(async () => /last good state is held/.test((await store()).message), {
      what: "the server to hold its last good state",
      timeoutMs: 15_000,
    });
    const during = await runLoad({ port: scene.port, headers, total: 200 });
    expect(during.failures).toEqual({});
    // Key by key: a state between must not be served.
    const { v1, v2 } = scene;
    await scene.put("weights/web", { v1: 90, v2: 10 });
    await pause(1_000);
    await scene.put("endpoints/web/b", { address: `127.0.0.1:${v2.port}`, version: "v2" });
    await scene.put("endpoints/web/a", { address: `127.0.0.1:${v1.port}`, version: "v1" });
    await recovered();
  });

  it("compacted past the watch, with a key deleted meanwhile", async () => {
    await scene.apply("endpoints/gone/a", { address: "127.0.0.1:9", version: "v1" });
    proxy.refuse(true);
    proxy.cut();
    for (let count = 0; count < 50; count += 1) {
      await scene.put("endpoints/busy/a", { address: `127.0.0.1:${1_000 + count}`, version: "v1" });
    }
    await scene.etcd.del("/serin/endpoints/gone/a");
    const revision = await scene.put("endpoints/busy/b", { address: "127.0.0.1:9", version: "v1" });
    await scene.etcd.etcdctl(["compact", "--physical", String(revision)]);
    proxy.refuse(false);
    await recovered();
  });

  it("stalled for 15 s", async () => {
    scene.etcd.pause();
    await pause(15_000);
    scene.etcd.resume();
    await recovered();
  });

  it("disconnected with 4 MiB of changes pending", async () => {
    proxy.refuse(true);
    proxy.cut();
    const http = etcdHttp(scene.etcd.endpoint);
    const padding = "x".repeat(6_000);
    for (let count = 0; count < 1_000; count += 1) {
      const endpoint = { address: "127.0.0.1:9", version: "v1", labels: { padding } };
      await http.put(`/serin/endpoints/bulk/${count}`, JSON.stringify(endpoint));
    }
    proxy.refuse(false);
    await recovered();
  });
});
