import { describe, expect, it } from "vitest";
import {
  minute,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  weightsOf,
} from "../../../support/releases.ts";

const latch = { atMs: 7, guard: "http-5xx", evidence: "v2: 9 of 24 requests failed in 2m" };
const plan = rolloutOf([setWeight(5), pause(minute), setWeight(50), pause()]);

function atFive(): ReleaseStore {
  const store = new ReleaseStore(plan);
  store.settle();
  expect(store.canary).toBe(5);
  return store;
}

describe("a guard that latches the canary", () => {
  it("aborts the release, with its evidence", () => {
    const store = atFive();
    store.trip(latch);
    expect(store.act()).toMatchObject({
      event: "Aborted",
      weights: undefined,
      reason:
        "aborted by guard http-5xx: v2: 9 of 24 requests failed in 2m; " +
        "`serin rollout retry web` begins again",
    });
    expect(store.status).toMatchObject({
      phase: "Degraded",
      canaryPercent: 0,
      aborted: { atMs: store.nowMs, by: "guard http-5xx" },
    });
  });

  it("leaves alone what a person has written since", () => {
    const store = atFive();
    store.trip(latch);
    store.weights = weightsOf({ v1: 50, v2: 50 });
    expect(store.settle()[0]).toEqual(["Aborted", "RolledBack"]);
    expect(store.weights).toEqual(weightsOf({ v1: 50, v2: 50 }));
    expect(store.status).toMatchObject({ phase: "Degraded", canaryPercent: 0 });
  });

  it("ends a release that was complete", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5)]));
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
    store.trip(latch);
    store.settle();
    expect(store.canary).toBe(0);
    expect(store.status?.phase).toBe("Degraded");
  });
});

describe("an aborted release", () => {
  it("never goes on, whatever passes", () => {
    const store = atFive();
    store.trip(latch);
    store.settle();
    // The guard's latch alone being lifted is no retry.
    store.known = {};
    for (let hours = 0; hours < 48; hours++) {
      store.nowMs += 60 * minute;
      expect(store.settle()[0]).toEqual([]);
    }
    expect(store.canary).toBe(0);
  });

  it("tells when the proxies have followed, and who has not", () => {
    const store = atFive();
    store.known = { latch, acked: { kind: "pending", behind: ["edge-4"] } };
    expect(store.says()).toBe("proxies have yet to acknowledge it: edge-4");
    store.known = { latch, acked: { kind: "rejected", by: ["edge-4"] } };
    expect(store.says()).toBe("rejected by edge-4");
    store.known = { latch, acked: { kind: "none" } };
    expect(store.says()).toBe("no proxy is connected");
    store.known = { latch };
    expect(store.settle()[0]).toEqual(["RolledBack"]);
    expect(store.status).toMatchObject({ phase: "Degraded", reachedMs: store.nowMs });
    expect(store.settle()[0]).toEqual([]);
  });

  it("begins again by retry, which takes the latch away", () => {
    const store = atFive();
    store.known = { latch };
    store.settle();
    expect(store.say("retry")).toMatchObject({ clearsLatch: true, weights: undefined });
    expect(store.status).toMatchObject({ step: 0, aborted: undefined, tallies: new Map() });
    store.settle();
    expect(store.canary).toBe(5);
  });
});

describe("abort wins", () => {
  it("after promote --full", () => {
    const store = atFive();
    store.say("promoteFull");
    store.act();
    store.say("abort");
    store.settle();
    expect(store.canary).toBe(0);
    store.nowMs += 1_000 * minute;
    expect(store.settle()[0]).toEqual([]);
    expect(store.status?.promoted).toBe("no");
  });

  it("over a promotion that the proxies have not acknowledged", () => {
    const store = atFive();
    store.say("promoteFull");
    store.act();
    store.act();
    expect(store.canary).toBe(100);
    store.known = { acked: { kind: "pending", behind: ["edge-1"] } };
    store.say("abort");
    expect(store.canary).toBe(0);
  });

  it("while it is held, paused by the object, and behind a closed window", () => {
    const store = atFive();
    store.say("pause");
    store.rollout = { ...plan, paused: true };
    store.known = { window: { open: false, untilMs: undefined }, acked: { kind: "none" } };
    store.trip(latch);
    expect(store.act()).toMatchObject({ event: "Aborted" });
  });

  it("before the release has begun", () => {
    const store = new ReleaseStore(plan, "none");
    store.say("abort");
    store.settle();
    expect(store.weights).toEqual(weightsOf({ v1: 100, v2: 0 }));
    expect(store.status).toMatchObject({ phase: "Degraded", step: 0 });
  });
});
