import { describe, expect, it } from "vitest";
import { pause, ReleaseStore, rolloutOf, setWeight, weightsOf } from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause()]);

describe("a release begins", () => {
  it("when a rollout has no status, and leaves the weights to its first step", () => {
    const store = new ReleaseStore(plan, weightsOf({ v1: 1, v2: 0 }));
    const decision = store.act();
    expect(decision).toMatchObject({ kind: "write", event: "Begun", weights: undefined });
    expect(store.status).toMatchObject({
      specHash: "a",
      phase: "Progressing",
      step: 0,
      stepStartedMs: 1_000_000,
      canaryPercent: 0,
      operation: "act-0",
    });
    expect(store.status?.writtenRevision).toBeUndefined();
  });

  it("anew when the spec is another one, though the last release was aborted", () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.say("abort");
    store.settle();
    store.rollout = { ...plan, specHash: "b" };
    expect(store.act()).toMatchObject({ kind: "write", event: "Begun" });
    expect(store.status).toMatchObject({ specHash: "b", step: 0, aborted: undefined });
    store.settle();
    expect(store.canary).toBe(5);
  });

  it("anew in the middle of another one, from the weights that this has reached", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(50), pause()]));
    store.settle();
    expect(store.canary).toBe(50);
    store.rollout = { ...plan, specHash: "b" };
    store.settle();
    expect(store.canary).toBe(5);
  });

  it("where there are no weights, by writing some", () => {
    const store = new ReleaseStore(rolloutOf([pause()]), "none");
    expect(store.settle()[0]).toEqual(["Begun", "StepWritten", "StepReached"]);
    expect(store.weights).toEqual(weightsOf({ v1: 100, v2: 0 }));
  });

  it.each([
    [{ v1: 70, v2: 30 }, 5],
    [{ v1: 7, v2: 3 }, 5],
    [{ v1: 0, v2: 0 }, 5],
  ])("over weights %j, with what its first step says", (found, percent) => {
    const store = new ReleaseStore(plan, weightsOf(found));
    store.settle();
    expect(store.canary).toBe(percent);
  });

  it("and is complete where the canary has all traffic already", () => {
    const store = new ReleaseStore(plan, weightsOf({ v1: 0, v2: 3 }));
    expect(store.settle()).toEqual([
      ["Completed"],
      { kind: "hold", reason: "v2 has all traffic already", untilMs: undefined },
    ]);
    expect(store.status).toMatchObject({ phase: "Healthy", step: 2 });
    expect(store.weights).toEqual(weightsOf({ v1: 0, v2: 3 }));
  });

  it("and waits for a person where others have traffic, and says which", () => {
    const store = new ReleaseStore(plan, weightsOf({ v0: 30, v1: 70 }));
    const [events, decision] = store.settle();
    expect(events).toEqual(["Begun"]);
    expect(decision.reason).toBe(
      "weights/web gives traffic to v0, which the release would take away " +
        "(v0 30 %, v1 70 %): `promote` goes on with that",
    );
    expect(store.status).toMatchObject({ phase: "Paused", waits: { for: "WeightsChanged" } });
    store.say("promote");
    store.settle();
    expect(store.weights).toEqual(weightsOf({ v1: 95, v2: 5, v0: 0 }));
  });

  it("as an aborted one where a guard has the canary already", () => {
    const store = new ReleaseStore(plan, weightsOf({ v1: 90, v2: 10 }));
    store.known = { latch: { atMs: 1, guard: "http-5xx", evidence: "9 of 10 failed" } };
    expect(store.settle()[0]).toEqual(["Aborted", "RolledBack"]);
    // Under a latch they are a person's, and give it no traffic.
    expect(store.weights).toEqual(weightsOf({ v1: 90, v2: 10 }));
  });
});
