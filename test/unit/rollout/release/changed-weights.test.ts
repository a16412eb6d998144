import { describe, expect, it } from "vitest";
import {
  metric,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  weightsOf,
} from "../../../support/releases.ts";

function atTwenty(): ReleaseStore {
  const store = new ReleaseStore(
    rolloutOf([setWeight(20), pause(), setWeight(50), pause()], {
      background: { metrics: [metric("errors")], startingStep: 0 },
    }),
  );
  store.settle();
  expect(store.canary).toBe(20);
  return store;
}

describe("weights that somebody else writes during a release", () => {
  it("pause it, say who and what was found, and stay", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.known = { weightsBy: "bob@laptop" };
    const [events, decision] = store.settle();
    expect(events).toEqual(["Paused"]);
    expect(decision.reason).toBe(
      "weights/web was changed by bob@laptop: v1 70 %, v2 30 % instead of v1 80 %, v2 20 %; " +
        "`promote` goes on from the plan, `retry` begins again",
    );
    expect(store.status).toMatchObject({ phase: "Paused", waits: { for: "WeightsChanged" } });
    expect(store.weights).toEqual(weightsOf({ v1: 70, v2: 30 }));
  });

  it("pause it though they are put back", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.settle();
    store.weights = weightsOf({ v1: 80, v2: 20 });
    expect(store.settle()[0]).toEqual([]);
    expect(store.status?.waits?.for).toBe("WeightsChanged");
  });

  it("are told anew when they change once more", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.settle();
    store.weights = weightsOf({ v1: 60, v2: 40 });
    expect(store.says()).toContain("v1 60 %, v2 40 % instead of");
  });

  it("and are gone pause it as well", () => {
    const store = atTwenty();
    store.weights = undefined;
    expect(store.says()).toContain("was changed by somebody else: no weights instead of");
    expect(store.weights).toBeUndefined();
  });

  it("do not when they mean the same", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v1: 8, v2: 2 });
    expect(store.settle()[0]).toEqual([]);
  });

  it("give way to the plan by promote, and the step is done once more", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v0: 50, v1: 25, v2: 25 });
    store.settle();
    store.say("promote");
    expect(store.weights).toEqual(weightsOf({ v0: 50, v1: 25, v2: 25 }));
    expect(store.settle()[0]).toEqual(["StepWritten", "StepReached"]);
    expect(store.weights).toEqual(weightsOf({ v1: 80, v2: 20, v0: 0 }));
    expect(store.status).toMatchObject({ step: 1, waits: { for: "CanaryPauseStep" } });
  });

  it("give way to the first step by retry", () => {
    const store = atTwenty();
    store.say("promote");
    store.settle();
    expect(store.canary).toBe(50);
    store.weights = weightsOf({ v1: 10, v2: 90 });
    store.settle();
    store.say("retry");
    expect(store.status?.step).toBe(0);
    store.settle();
    expect(store.canary).toBe(20);
  });

  it("before the first step pause it as well", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5)]));
    store.act();
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.settle();
    expect(store.status?.waits?.for).toBe("WeightsChanged");
    expect(store.canary).toBe(30);
  });

  it("before a promotion pause it once more: promote is for what was seen", () => {
    const store = atTwenty();
    store.say("promote");
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.settle();
    expect(store.canary).toBe(30);
    expect(store.status?.waits?.for).toBe("WeightsChanged");
  });

  it("do not keep an abort back, which leaves other subsets their part", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v0: 30, v1: 40, v2: 30 });
    store.settle();
    store.known = {
      analysis: new Map([["background/errors", { verdict: "failed", evidence: "9 of 10 failed" }]]),
    };
    store.settle();
    expect(store.weights).toEqual(weightsOf({ v0: 30, v1: 70, v2: 0 }));
    expect(store.status?.aborted?.by).toBe("analysis errors");
  });

  it("are left alone by an abort where they give the canary nothing", () => {
    const store = atTwenty();
    store.weights = weightsOf({ v0: 30, v1: 70 });
    const decision = store.say("abort");
    expect(decision).toMatchObject({ kind: "write", weights: undefined });
    expect(store.weights).toEqual(weightsOf({ v0: 30, v1: 70 }));
  });

  it.each(["aborted", "complete"])("are no matter once it is %s", (how) => {
    const store = atTwenty();
    store.say(how === "aborted" ? "abort" : "promoteFull");
    store.settle();
    store.weights = weightsOf({ v1: 37, v2: 63 });
    expect(store.settle()[0]).toEqual([]);
    expect(store.weights).toEqual(weightsOf({ v1: 37, v2: 63 }));
  });
});
