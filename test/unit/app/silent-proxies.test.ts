import { afterEach, beforeEach, expect, it } from "vitest";
import { App } from "../../../src/app/app.ts";
import { limits } from "../../../src/config/limits.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { silentObserver } from "../../../src/xds/observer.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { pass } from "../../support/settle.ts";

let clock: FakeClock;
let app: App;

beforeEach(async () => {
  clock = new FakeClock();
  const seed = new Map([["services/web", Buffer.from('{"guard":[{"name":"errors"}]}')]]);
  app = new App({
    store: new MemoryStore({ clock, seed }),
    clock,
    version: "0.0.0-test",
    controlPlane: "serin/test",
    defaultGateway: undefined,
    observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
  });
  await app.started;
});

afterEach(async () => {
  await app.close();
});

function report(stream: number): void {
  const { tally, nowMs: atMs } = app.load();
  const counts = { ok: 1, errors: 0, inProgress: 0, dropped: 0, metrics: new Map() };
  const clusters = [{ cluster: "web/v2", serviceName: "", endpoints: [], ...counts }];
  tally.report(stream, {
    ...{ reporter: `edge-${stream}`, atMs, intervalMs: 2_000, restsWhenIdle: false, clusters },
  });
}

const signal = () => app.signals.signal("web", "v2", 120_000);

it("judges by the proxies that report, though one of them hangs and stays connected", async () => {
  report(1);
  let worstMs = 0;
  for (let second = 0; second < 60; second += 2) {
    report(2);
    await pass(clock, 2_000, 500);
    worstMs = Math.max(worstMs, signal().ageMs ?? Number.POSITIVE_INFINITY);
  }
  expect(worstMs).toBeLessThanOrEqual(limits.judge.staleReportMs);
  expect(signal()).toMatchObject({ reporters: 1, counts: { errors: 0 } });
  expect(signal().ageMs).toBeLessThanOrEqual(4_000);
  // Nobody is left to judge by.
  await pass(clock, limits.load.silentMs + 2 * limits.load.publishMs, 500);
  expect(signal()).toMatchObject({ reporters: 0, ageMs: undefined });
});
