import { describe, expect, it } from "vitest";
import {
  analysis,
  metric,
  minute,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  webhook,
} from "../../../support/releases.ts";

const behind = { acked: { kind: "pending", behind: ["edge-1"] } } as const;

function stuck(more: Parameters<typeof rolloutOf>[1] = {}): ReleaseStore {
  const store = new ReleaseStore(rolloutOf([setWeight(5), pause(minute), setWeight(20)], more));
  store.known = behind;
  store.settle();
  expect(store.canary).toBe(5);
  return store;
}

describe("the progress deadline", () => {
  it("makes a step that stands still Degraded, and lets it go on", () => {
    const store = stuck();
    const [, decision] = store.settle();
    expect(decision).toMatchObject({ untilMs: 1_000_000 + 10 * minute });
    store.nowMs += 10 * minute - 1;
    expect(store.settle()[0]).toEqual([]);
    store.nowMs += 1;
    const [events, late] = store.settle();
    expect(events).toEqual(["Overdue"]);
    expect(late).toMatchObject({ untilMs: undefined });
    expect(late.reason).toBe(
      "no progress for 10m: step 1 of 3 (v2 at 5 %) waits for the proxies to acknowledge it (behind: edge-1)",
    );
    expect(store.status).toMatchObject({ phase: "Degraded", aborted: undefined });
    store.known = {};
    store.settle();
    expect(store.status).toMatchObject({ phase: "Paused", step: 1 });
  });

  it("aborts where the rollout says so", () => {
    const store = stuck({ progressDeadlineAbort: true });
    store.nowMs += 10 * minute;
    expect(store.settle()[0]).toEqual(["Aborted"]);
    expect(store.canary).toBe(0);
    expect(store.status?.aborted).toMatchObject({
      by: "the progress deadline",
      reason:
        "no progress for 10m, since step 1 of 3 (v2 at 5 %) waits for the proxies to acknowledge it",
    });
  });

  it("does not count a pause, nor a hold", () => {
    const plan = rolloutOf([setWeight(5), pause(100 * minute), setWeight(20)], {
      progressDeadlineAbort: true,
    });
    const store = new ReleaseStore(plan);
    store.settle();
    store.nowMs += 99 * minute;
    store.say("pause");
    store.nowMs += 100 * minute;
    store.say("resume");
    store.known = { acked: { kind: "none" } };
    store.settle();
    store.nowMs += 9 * minute;
    store.settle();
    expect(store.status).toMatchObject({ phase: "Progressing", waits: { for: "NoProxies" } });
    store.nowMs += minute;
    store.settle();
    expect(store.status?.aborted?.by).toBe("the progress deadline");
  });

  it("does not count a closed window", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5)], { progressDeadlineAbort: true }));
    store.known = { window: { open: false, untilMs: undefined } };
    store.settle();
    store.nowMs += 5_000 * minute;
    store.settle();
    store.known = behind;
    store.settle();
    store.nowMs += 10 * minute - 1;
    store.settle();
    expect(store.status?.aborted).toBeUndefined();
    store.nowMs += 1;
    store.settle();
    expect(store.status?.aborted).toBeDefined();
  });

  it("does not count a gate that waits, but one that fails", () => {
    const plan = rolloutOf([setWeight(5)], {
      webhooks: [webhook("confirm-rollout")],
      progressDeadlineAbort: true,
    });
    const store = new ReleaseStore(plan);
    store.act();
    const asked = store.act();
    const key = asked.kind === "ask" ? (asked.asks[0]?.key ?? "") : "";
    store.known = { gates: new Map([[key, "waiting"]]) };
    store.settle();
    store.nowMs += 5_000 * minute;
    store.known = { gates: new Map([[key, "refused"]]) };
    store.settle();
    store.nowMs += 5_000 * minute;
    expect(store.settle()[0]).toEqual([]);
    store.known = { gates: new Map([[key, "failed"]]) };
    expect(store.says()).toContain("webhook confirm-rollout, which fails");
    store.nowMs += 10 * minute;
    expect(store.settle()[0]).toEqual(["Aborted", "RolledBack"]);
  });

  it("leaves an analysis the time that its measurements take", () => {
    const slow = metric("slow", { initialDelayMs: 5 * minute, intervalMs: 10 * minute, count: 6 });
    const plan = rolloutOf([setWeight(5), analysis(slow, metric("quick"))], {
      progressDeadlineAbort: true,
    });
    const store = new ReleaseStore(plan);
    const [, decision] = store.settle();
    expect(decision).toMatchObject({ untilMs: store.nowMs + (5 + 60 + 10) * minute });
  });

  it("begins anew with each step", () => {
    const store = stuck();
    store.nowMs += 9 * minute;
    store.known = {};
    store.settle();
    store.nowMs += 9 * minute;
    store.known = behind;
    store.settle();
    expect(store.status).toMatchObject({ phase: "Progressing", step: 1 });
  });

  it("is no matter for a clock that goes back", () => {
    const store = stuck({ progressDeadlineAbort: true });
    store.say("pause");
    store.nowMs -= 10 * minute;
    store.say("resume");
    store.settle();
    expect(store.status).toMatchObject({ idleMs: 0, aborted: undefined });
  });
});
