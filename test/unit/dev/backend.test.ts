import { describe, expect, it } from "vitest";
import { startBackend } from "../../../src/dev/backend.ts";
import { httpGet } from "../../../src/dev/readiness.ts";
import { runLoad, startLoad } from "../../support/load.ts";
import { eventually } from "../../support/wait.ts";

describe("the demo backend", () => {
  it("tells its version and instance", async () => {
    const backend = await startBackend({ version: "v1", instance: "v1-a" });
    const answer = await fetch(`http://127.0.0.1:${backend.port}/any/path`);
    expect(answer.headers.get("x-served-by")).toBe("v1");
    expect(await answer.json()).toEqual({ version: "v1", instance: "v1-a" });
    await backend.close();
  });

  it("fails exactly the share that it was told", async () => {
    const backend = await startBackend({ version: "v2" });
    backend.failShare(0.3, 503);
    const report = await runLoad({ port: backend.port, total: 100, concurrency: 2 });
    expect(report.byStatus).toEqual({ 200: 70, 503: 30 });
    expect(report.byVersion).toEqual({ v2: 100 });
    expect(report.failed).toBe(30);
    expect(report.failures).toEqual({ '503 {"version":"v2","instance":"v2"}': 30 });
    backend.failShare(0);
    expect((await runLoad({ port: backend.port, total: 20 })).failed).toBe(0);
    expect(backend.served()).toBe(120);
    await backend.close();
  });

  it("fails the share that somebody asks for by PUT, and counts no such request", async () => {
    const backend = await startBackend({ version: "v2" });
    const put = (path: string) =>
      fetch(`http://127.0.0.1:${backend.port}${path}`, { method: "PUT" });
    expect(await (await put("/fail/40")).text()).toBe(
      "v2 fails 40 % of its requests from now on\n",
    );
    expect(backend.served()).toBe(0);
    const report = await runLoad({ port: backend.port, total: 50 });
    expect(report.byStatus).toEqual({ 200: 30, 500: 20 });
    await put("/fail/0");
    for (const path of ["/fail/101", "/fail/", "/fail/-1", "/fail/1e2"]) {
      expect((await (await put(path)).json()) as unknown, path).toMatchObject({ version: "v2" });
    }
    expect((await runLoad({ port: backend.port, total: 20 })).failed).toBe(0);
    await backend.close();
  });

  it("answers health checks apart from requests", async () => {
    const backend = await startBackend({ version: "v1" });
    backend.failShare(1);
    const url = `http://127.0.0.1:${backend.port}/health`;
    expect((await httpGet(url)).status).toBe(200);
    backend.setHealthy(false);
    expect((await httpGet(url)).status).toBe(503);
    expect(backend.served()).toBe(0);
    await backend.close();
    expect((await httpGet(url)).status).toBe(0);
  });
});

describe("load", () => {
  it("counts refused connections by reason", async () => {
    const backend = await startBackend({ version: "v1" });
    await backend.close();
    const report = await runLoad({ port: backend.port, total: 10 });
    expect(report).toMatchObject({ total: 10, failed: 10, failures: { ECONNREFUSED: 10 } });
    expect(report.byVersion).toEqual({});
  });

  it("counts an answer that does not come in time", async () => {
    const backend = await startBackend({ version: "v1" });
    backend.delay(10_000);
    const report = await runLoad({ port: backend.port, total: 1, timeoutMs: 50 });
    expect(report.failures).toEqual({ "no answer in 50 ms": 1 });
    await backend.close();
  });

  it("goes no faster than its rate", async () => {
    const backend = await startBackend({ version: "v1" });
    const report = await runLoad({ port: backend.port, rate: 200, total: 60 });
    expect(report).toMatchObject({ total: 60, failed: 0 });
    expect(report.elapsedMs).toBeGreaterThan(290);
    expect(report.latencyMs.p50).toBeLessThanOrEqual(report.latencyMs.p99);
    await backend.close();
  });

  it("ends in time, and reports by window", async () => {
    const backend = await startBackend({ version: "v1" });
    const load = startLoad({ port: backend.port, rate: 500, durationMs: 100 });
    await eventually(() => load.report().total > 0, { what: "a first answer" });
    const first = load.take();
    const whole = await load.done;
    expect(first.total + load.take().total).toBe(whole.total);
    expect(whole.total).toBe(backend.served());
    await backend.close();
  });
});
