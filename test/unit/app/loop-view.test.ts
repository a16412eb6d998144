import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import { LoopView } from "../../../src/app/loop-view.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import type { Rollout } from "../../../src/model/rollout.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { alertWrite } from "../../../src/rollout/alert/outbox-entry.ts";
import { encodeGuardStatus, encodeRolloutStatus } from "../../../src/store/decode/status-codec.ts";
import { noLatches } from "../../../src/store/guard-status.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { pause, ReleaseStore, rolloutOf, setWeight, v2 } from "../../support/releases.ts";
import { alertFor } from "../rollout/alert/alerts.ts";
import { put, value } from "../store/contract.ts";

let clock: FakeClock;
let store: MemoryStore;
let rollouts: Rollout[];
let services: Set<string>;
let view: LoopView;
let signalAgeMs: number | undefined;

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  [rollouts, services, signalAgeMs] = [[], new Set(["web"]), undefined];
  const taps = new EntryTaps();
  store.watch({
    start: (state) => taps.start(state),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  view = new LoopView({
    ...{ taps, clock },
    rollouts: () => rollouts,
    isService: (name) => services.has(name),
    signalAgeMs: () => signalAgeMs,
  });
});
afterEach(async () => {
  view.close();
  await store.close();
});

const write = async (key: string, text: string | Uint8Array) =>
  value(await store.transact({ compare: [], writes: [put(key, Buffer.from(text).toString())] }));

/** A release at a pause that a person has to end. */
async function paused(service: string): Promise<void> {
  const rollout = rolloutOf([setWeight(5), pause()], { service: service as ServiceName });
  rollouts.push(rollout);
  const release = new ReleaseStore(rollout);
  release.nowMs = clock.wallMs();
  release.settle();
  if (release.status === undefined) throw new Error("the release has a status");
  await write(`status/rollouts/${service}`, encodeRolloutStatus(release.status));
}

async function writeAlert(): Promise<void> {
  const alert = alertWrite({ ...alertFor("generic"), id: "a" });
  value(await store.transact({ compare: [], writes: [alert] }));
}

describe("how the safety loop stands", () => {
  it("has releases by phase, and the longest wait for each reason", async () => {
    await paused("web");
    clock.advance(5_000);
    await paused("shop");
    rollouts.push(rolloutOf([setWeight(5)], { service: "new" as ServiceName }));
    clock.advance(2_000);
    const { releases, waits } = view.state();
    expect(Object.fromEntries(releases)).toEqual({
      ...{ Pending: 1, Progressing: 0, Paused: 2, Degraded: 0, Healthy: 0 },
    });
    expect(waits.get("CanaryPauseStep")).toBeCloseTo(7, 3);
    expect([...waits.values()].filter((each) => each > 0)).toHaveLength(1);
    // Of another spec, and of no rollout: neither is a release.
    rollouts = rollouts.slice(0, 1).map((each) => ({ ...each, specHash: "b" }));
    expect(view.state().releases.get("Pending")).toBe(1);
    expect(view.state().releases.get("Paused")).toBe(0);
  });

  it("has latches and alerts as the store has them, and follows both", async () => {
    const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
    const two = new Map([v2, "v3" as typeof v2].map((subset) => [subset, latch]));
    await write("status/guards/web", encodeGuardStatus({ ...noLatches, latched: two }));
    await writeAlert();
    expect(view.state()).toMatchObject({ latches: 2, pendingAlerts: 1, signalAge: undefined });
    await write("status/guards/web", "{");
    expect(view.state().latches).toBe(2);
    await store.transact({
      compare: [],
      writes: ["status/guards/web", "status/alerts/a"].map((key) => ({ kind: "delete", key })),
    });
    signalAgeMs = 1_500;
    expect(view.state()).toMatchObject({ latches: 0, pendingAlerts: 0, signalAge: 1.5 });
  });

  it("leaves out what can be no alert, however the key came to be so", async () => {
    await write("status/alerts/b", "{}");
    expect(view.state().pendingAlerts).toBe(0);
    await writeAlert();
    expect(view.state().pendingAlerts).toBe(1);
    await write("status/alerts/a", "{");
    expect(view.state().pendingAlerts).toBe(0);
  });

  it("leaves out latches of services that are not there", async () => {
    const latched = new Map([[v2, { atMs: 1, guard: "http-5xx", evidence: "it failed" }]]);
    await write("status/guards/gone", encodeGuardStatus({ ...noLatches, latched }));
    expect(view.state().latches).toBe(0);
    services.add("gone");
    expect(view.state().latches).toBe(1);
  });

  it("is what Prometheus reads when it asks", async () => {
    const metrics = createMetrics();
    const line = async (name: string) =>
      (await metrics.registry.metrics()).split("\n").find((each) => each.startsWith(`${name} `));
    expect(await line("serin_guard_latches")).toBeUndefined();
    metrics.loopSeen(() => view.state());
    await paused("web");
    expect(await line('serin_releases{phase="Paused"}')).toBe('serin_releases{phase="Paused"} 1');
    expect(await line('serin_release_wait_seconds{reason="Signal"}')).toMatch(/ 0$/);
    expect(await line("serin_guard_latches")).toBe("serin_guard_latches 0");
    expect(await line("serin_alerts_pending")).toBe("serin_alerts_pending 0");
    expect(await line("serin_signal_age_seconds")).toBeUndefined();
    signalAgeMs = 250;
    expect(await line("serin_signal_age_seconds")).toBe("serin_signal_age_seconds 0.25");
    signalAgeMs = undefined;
    expect(await line("serin_signal_age_seconds")).toBeUndefined();
  });
});
