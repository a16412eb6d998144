import { afterEach, describe, expect, it } from "vitest";
import { EventHub } from "../../../../src/admin/events/event-hub.ts";
import { touchedServices } from "../../../../src/admin/events/touched-services.ts";
import { createSummaries } from "../../../../src/admin/live/service-summary.ts";
import { systemClock } from "../../../../src/lib/clock.ts";
import { emptyState } from "../../../../src/model/desired-state.ts";
import { type AdminLab, adminLab } from "../../../support/admin.ts";

let lab: AdminLab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const hello = {
  version: "1",
  revision: 1,
  store: { store: "memory", connected: true, message: "", revision: 1 },
  you: { name: "", role: "viewer" },
} as const;

describe("the hub of events", () => {
  it("tells all services to whoever reads before the first list is there", async () => {
    lab = await adminLab();
    const { app } = lab;
    await app.started;
    const before = { state: emptyState, translation: undefined, diagnosed: new Map() };
    const now = { state: app.state(), translation: app.translation(), diagnosed: new Map() };
    expect([...touchedServices(before, now, [])]).toEqual(["web"]);
    expect([...touchedServices(now, now, [])]).toEqual([]);
  });

  it("keeps nothing of services that somebody asked for and that are not there", async () => {
    lab = await adminLab();
    const { app } = lab;
    await app.started;
    const summaries = createSummaries(app);
    const hub = new EventHub({
      ...{ sources: app, summaries, clock: systemClock, onEnd: () => undefined },
      store: () => hello.store,
    });
    try {
      const standing = hub.subscribe(undefined, hello);
      for (let round = 0; round < 50; round += 1) {
        const names = Array.from({ length: 20 }, (_, at) => `invented-${round}-${at}`);
        hub.subscribe(new Set(names), hello)?.end("gone");
      }
      expect(hub.size).toBe(1);
      expect(hub.kept).toBe(1);
      standing?.end("gone");
    } finally {
      hub.close();
    }
  });
});
