import { describe, expect, it } from "vitest";
import {
  minute,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  v1,
  v2,
  weightsOf,
} from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause(minute), setWeight(50), pause()]);
const gone = new Map([[v1, "v1 has no instance"]]);
const latch = { atMs: 7, guard: "http-5xx", evidence: "v2: 9 of 24 requests failed in 2m" };

function atFifty(): ReleaseStore {
  const store = new ReleaseStore(plan);
  store.settle();
  store.nowMs += minute;
  store.settle();
  expect(store.canary).toBe(50);
  return store;
}

describe("an abort at which the stable version can take no traffic", () => {
  it("aborts, leaves the canary what it has, says so, and takes it when somebody can answer", () => {
    const store = atFifty();
    store.known = { unable: gone };
    expect(store.say("abort")).toMatchObject({
      kind: "write",
      weights: undefined,
      reason:
        "aborted by ann, but v2 keeps its traffic as long as v1 has no instance: " +
        "somebody said `abort`; `serin rollout retry web` begins again",
    });
    expect(store.status).toMatchObject({ phase: "Degraded", canaryPercent: 50 });
    for (let hours = 0; hours < 24; hours++) {
      store.nowMs += 60 * minute;
      expect(store.settle()[0]).toEqual([]);
    }
    expect(store.canary).toBe(50);
    store.known = {};
    expect(store.settle()[0]).toEqual(["Withdrawn", "RolledBack"]);
    expect(store.weights).toEqual(weightsOf({ v1: 100, v2: 0 }));
    expect(store.status?.aborted?.by).toBe("ann");
    expect(store.says()).toBe(
      "aborted by ann: somebody said `abort`; `serin rollout retry web` begins again",
    );
  });

  it("is the same for one that comes by itself", () => {
    const late = { ...plan, progressDeadlineAbort: true };
    const store = new ReleaseStore(late);
    store.act();
    store.act();
    store.known = { unable: gone, acked: { kind: "pending", behind: ["edge-1"] } };
    store.nowMs += 20 * minute;
    expect(store.act()).toMatchObject({
      event: "Aborted",
      weights: undefined,
      reason: expect.stringMatching(/^aborted by the progress deadline, but v2 keeps its traffic/),
    });
    expect(store.canary).toBe(5);
  });

  it("is the same for an undo of a complete release, whose old version was taken down", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(50)]));
    store.settle();
    expect(store.canary).toBe(100);
    store.known = { unable: gone };
    store.say("undo");
    expect(store.settle()[0]).toEqual([]);
    expect(store.canary).toBe(100);
    store.known = {};
    store.settle();
    expect(store.canary).toBe(0);
  });

  it("takes the weight where another version can answer", () => {
    const store = atFifty();
    store.weights = weightsOf({ v1: 40, v2: 40, v3: 20 });
    store.known = { unable: gone };
    store.say("abort");
    expect(store.weights).toEqual(weightsOf({ v1: 80, v2: 0, v3: 20 }));
  });

  it.each(["abort", "undo"] as const)(
    "leaves the canary what it has where it cannot answer either, by %s: it may be back first",
    (command) => {
      const store = atFifty();
      store.known = { unable: new Map([...gone, [v2, "v2 has no instance"]]) };
      store.say(command);
      expect(store.settle()[0]).toEqual([]);
      expect(store.canary).toBe(50);
      store.known = { unable: gone };
      expect(store.settle()[0]).toEqual([]);
      expect(store.canary).toBe(50);
      store.known = { unable: new Map([[v2, "v2 has no instance"]]) };
      expect(store.settle()[0]).toEqual(["Withdrawn", "RolledBack"]);
      expect(store.canary).toBe(0);
    },
  );

  it("takes from a canary that a guard has taken out what a person has given it since", () => {
    const store = atFifty();
    store.trip(latch);
    store.weights = weightsOf({ v1: 50, v2: 50 });
    store.known = { ...store.known, unable: new Map([...gone, [v2, "v2 is taken out"]]) };
    store.say("abort");
    expect(store.canary).toBe(0);
  });

  it("is over when a guard has taken the canary out meanwhile", () => {
    const store = atFifty();
    store.known = { unable: gone };
    store.say("abort");
    store.trip(latch);
    store.known = { ...store.known, unable: new Map([...gone, [v2, "v2 is taken out"]]) };
    expect(store.settle()[0]).toEqual(["Withdrawn", "RolledBack"]);
    expect(store.canary).toBe(0);
  });

  it("leaves weights alone that a person has written meanwhile", () => {
    const store = atFifty();
    store.known = { unable: gone };
    store.say("abort");
    store.weights = weightsOf({ v1: 1, v2: 99 });
    store.known = {};
    expect(store.says()).toBe("weights/web was changed by somebody else, and stays");
    expect(store.canary).toBe(99);
    // Whoever deletes them lets the tags of instances decide.
    store.weights = undefined;
    expect(store.settle()[0]).toEqual([]);
    store.weights = weightsOf({ v1: 1, v2: 0 });
    expect(store.settle()[0]).toEqual(["Withdrawn", "RolledBack"]);
    expect(store.weights).toEqual(weightsOf({ v1: 1, v2: 0 }));
  });

  it("says beside the message what it waits for now, and retry leads out as ever", () => {
    const store = atFifty();
    store.known = { unable: gone };
    store.say("abort");
    expect(store.says()).toBe("v2 keeps its traffic as long as v1 has no instance");
    expect(store.status?.message).toBe(
      "aborted by ann, but v2 keeps its traffic until another version can take it: " +
        "somebody said `abort`; `serin rollout retry web` begins again",
    );
    store.known = { unable: new Map([[v1, "all instances of v1 are drained"]]) };
    expect(store.says()).toBe("v2 keeps its traffic as long as all instances of v1 are drained");
    store.say("retry");
    expect(store.status?.aborted).toBeUndefined();
  });
});
