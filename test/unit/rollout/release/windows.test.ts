import { describe, expect, it } from "vitest";
import { minute, ReleaseStore, rolloutOf, setWeight } from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), setWeight(20)]);
const untilMs = Date.UTC(2026, 0, 5, 8);
const closed = { window: { open: false, untilMs } } as const;

describe("a closed window", () => {
  it("lets a release begin, and keeps it from its first step", () => {
    const store = new ReleaseStore(plan);
    store.known = closed;
    const [events, decision] = store.settle();
    expect(events).toEqual(["Begun", "Waits"]);
    expect(decision).toEqual({
      kind: "hold",
      reason:
        "step 1 of 2 (v2 at 5 %) waits for a window that lets the release go on (at 2026-01-05T08:00:00Z)",
      untilMs,
    });
    expect(store.canary).toBe(0);
  });

  it("keeps it at its step, which may be reached meanwhile", () => {
    const store = new ReleaseStore(plan);
    store.act();
    store.act();
    store.known = closed;
    store.settle();
    expect(store.status).toMatchObject({ step: 0, waits: { for: "Window" } });
    expect(store.status?.reachedMs).toBeDefined();
    store.nowMs += 60 * minute;
    store.known = {};
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });

  it("keeps a promotion in full back as well", () => {
    const store = new ReleaseStore(plan);
    store.act();
    store.act();
    store.known = closed;
    store.settle();
    store.say("promoteFull");
    store.settle();
    expect(store.canary).toBe(5);
  });

  it("never keeps an abort back", () => {
    const store = new ReleaseStore(plan);
    store.act();
    store.act();
    store.known = closed;
    store.trip({ atMs: 1, guard: "http-5xx", evidence: "all failed" });
    expect(store.act()).toMatchObject({ event: "Aborted" });
  });

  it("that nobody knows the end of says so", () => {
    const store = new ReleaseStore(plan);
    store.known = { window: { open: false, untilMs: undefined } };
    expect(store.says()).toContain("(none is known)");
  });
});
