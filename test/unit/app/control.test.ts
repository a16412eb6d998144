import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChangeFeed } from "../../../src/admin/events/change-feed.ts";
import { type Control, startControl } from "../../../src/app/control.ts";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import { limits } from "../../../src/config/limits.ts";
import { emptyState } from "../../../src/model/desired-state.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { createMetrics, type Metrics } from "../../../src/observe/metrics.ts";
import { AlertLog } from "../../../src/rollout/alert/alert-log.ts";
import { alertWrite, outboxPrefix } from "../../../src/rollout/alert/outbox-entry.ts";
import { leaderKey } from "../../../src/rollout/leader.ts";
import { historyKey, operationId } from "../../../src/store/history/record.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import type { Write } from "../../../src/store/store.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FaultyStore, faultyStore } from "../../support/faulty-store.ts";
import { pass, settled } from "../../support/settle.ts";
import { alertFor } from "../rollout/alert/alerts.ts";
import { put, value } from "../store/contract.ts";

let clock: FakeClock;
let memory: MemoryStore;
let faulty: FaultyStore;
let metrics: Metrics;
let lines: Record<string, unknown>[];
let status: number;
let control: Control | undefined;

beforeEach(() => {
  clock = new FakeClock();
  memory = new MemoryStore({ clock });
  faulty = faultyStore(memory);
  metrics = createMetrics();
  [lines, status] = [[], 200];
});

afterEach(async () => {
  const closing = control?.close();
  await pass(clock, 100);
  await closing;
});

async function start(): Promise<void> {
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const taps = new EntryTaps();
  const alerts = new AlertLog(10, () => undefined);
  memory.watch({
    start: (state) => taps.start(state),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  control = startControl({
    store: faulty.store,
    name: "host/1",
    app: {
      taps,
      state: () => emptyState,
      alerts,
      changes: new ChangeFeed(),
      signals: { signal: () => assert.fail("nothing is judged"), ageMs: () => undefined },
      controlledBy: () => undefined,
      xds: { behind: () => [], streams: () => [], hub: { namesAsked: () => new Set() } },
    },
    env: {},
    fetch: async () => new Response("", { status }),
    logger: createLogger({ level: "info", destination }),
    metrics,
    clock,
  });
  await settled();
}

const write = async (...writes: Write[]) => value(await memory.transact({ compare: [], writes }));
const told = () => lines.map(({ level, msg }) => `${level}: ${msg}`);
const metric = async (name: string) =>
  new RegExp(`^${name} (\\d+)$`, "m").exec(await metrics.registry.metrics())?.[1];

describe("the control of one replica", () => {
  it("leads, says so, and gives the lead back", async () => {
    await start();
    expect(control?.leader.term()).toBeDefined();
    expect(lines[0]).toMatchObject({ msg: "this replica leads", name: "host/1", term: "2" });
    expect(await metric("serin_leader")).toBe("1");
    expect(await metric("serin_leader_terms_total")).toBe("1");
    await control?.close();
    expect(lines[1]).toMatchObject({
      msg: "this replica leads no longer",
      why: "this replica stops",
    });
    expect(await metric("serin_leader")).toBe("0");
    expect(value(await memory.get(leaderKey))).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("says once why it cannot stand for leader, and goes on trying", async () => {
    faulty.away = true;
    await start();
    await pass(clock, 10 * limits.store.backoffMaxMs, 500);
    expect(told()).toEqual(["warn: this replica cannot stand for leader"]);
    expect(lines[0]?.["why"]).toBe("the store is away");
    faulty.away = false;
    await pass(clock, limits.store.backoffMaxMs, 500);
    expect(told()[1]).toBe("info: this replica leads");
  });

  it("delivers what was left over as soon as it leads, and tells no secret", async () => {
    const alert = { ...alertFor("slack"), atMs: clock.wallMs() };
    await write(alertWrite(alert), put(`${outboxPrefix}broken`, "{}"));
    status = 503;
    await start();
    status = 200;
    await pass(clock, limits.alerts.backoffMaxMs, 500);
    expect(told()).toEqual([
      "info: this replica leads",
      "warn: this is no alert, and nobody gets it",
      "warn: alert not delivered; it is tried again",
      "info: alert delivered",
    ]);
    expect(lines[2]).toMatchObject({ to: "slack at hooks.example", why: "status 503", attempt: 1 });
    expect(JSON.stringify(lines)).not.toMatch(/query-secret|path-of-slack/);
    expect(await metric('serin_alerts_total{outcome="delivered"}')).toBe("1");
    expect(await metric('serin_alerts_total{outcome="failed"}')).toBe("1");
  });

  it("delivers an alert as soon as it is written", async () => {
    await start();
    await write(alertWrite({ ...alertFor("generic"), atMs: clock.wallMs() }));
    await settled();
    expect(told()).toEqual(["info: this replica leads", "info: alert delivered"]);
    expect(value(await memory.list(outboxPrefix)).entries.size).toBe(0);
  });

  it("stands as soon as the key is gone, and steps down when it was its own", async () => {
    const foreign = put(leaderKey, "another one");
    await write(foreign);
    await start();
    expect(control?.leader.term()).toBeUndefined();
    await write({ kind: "delete", key: leaderKey });
    await settled();
    expect(control?.leader.term()).toBeDefined();
    await write({ kind: "delete", key: leaderKey });
    await settled();
    expect(told()).toEqual(["info: this replica leads", "info: this replica leads no longer"]);
  });

  it("tells of an alert that it gives up", async () => {
    const atMs = clock.wallMs() - limits.alerts.giveUpMs - 1;
    await write(alertWrite({ ...alertFor("generic"), atMs }));
    status = 500;
    await start();
    expect(told()[1]).toBe("error: alert given up");
    expect(lines[1]).toMatchObject({ title: "v2 is out", why: "status 500" });
    expect(await metric('serin_alerts_total{outcome="given_up"}')).toBe("1");
  });

  it("keeps the history within its bounds", async () => {
    const { recordsPerService, pruneIntervalMs } = limits.history;
    for (let i = 0; i < recordsPerService + 3; i++) {
      const id = operationId(clock.wallMs() - 1_000 + i, "0a");
      await write(put(historyKey("web", id), "{}"));
    }
    await start();
    await pass(clock, pruneIntervalMs, 2_000);
    expect(lines.at(-1)).toMatchObject({ msg: "old records of history deleted", records: 3 });
    expect(value(await memory.list("history/")).entries.size).toBe(recordsPerService);
  });
});
