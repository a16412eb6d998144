import { describe, expect, it } from "vitest";
import type { Rollout } from "../../../../src/model/rollout.ts";
import type { AnalysisFinding } from "../../../../src/rollout/release/decision.ts";
import type { GateAnswer } from "../../../../src/rollout/release/gates.ts";
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

const plan = rolloutOf([
  setWeight(5),
  analysis(metric("errors"), metric("latency"), metric("curious", { dryRun: true })),
  setWeight(20),
  pause(),
]);

const inBackground = (startingStep: number, dryRun = false): Rollout =>
  rolloutOf([setWeight(5), pause(minute), setWeight(20), pause()], {
    background: { metrics: [metric("errors", { dryRun })], startingStep },
  });

const found = (
  verdicts: Readonly<Record<string, AnalysisFinding["verdict"]>>,
): ReadonlyMap<string, AnalysisFinding> =>
  new Map(
    Object.entries(verdicts).map(([key, verdict]) => [
      key,
      { verdict, evidence: `${key} measured 3 times` },
    ]),
  );

function analysed(verdicts: Readonly<Record<string, AnalysisFinding["verdict"]>>): ReleaseStore {
  const store = new ReleaseStore(plan);
  store.settle();
  expect(store.status?.step).toBe(1);
  store.known = { analysis: found(verdicts) };
  store.settle();
  return store;
}

describe("an analysis step", () => {
  it("waits for all of its metrics, and says which are missing", () => {
    const store = new ReleaseStore(plan);
    expect(store.says()).toBe("step 2 of 4 (an analysis) waits for errors, latency");
    store.known = { analysis: found({ errors: "successful", latency: "running" }) };
    expect(store.says()).toBe("step 2 of 4 (an analysis) waits for latency");
    store.known = { analysis: found({ errors: "successful", latency: "successful" }) };
    store.settle();
    expect(store.canary).toBe(20);
  });

  it("aborts when a metric has failed", () => {
    const store = analysed({ errors: "successful", latency: "failed" });
    expect(store.canary).toBe(0);
    expect(store.status).toMatchObject({
      phase: "Degraded",
      aborted: { by: "analysis latency", reason: "latency measured 3 times" },
    });
  });

  it("pauses when a metric is inconclusive, until promote goes past it", () => {
    const store = analysed({ errors: "inconclusive" });
    expect(store.status).toMatchObject({
      phase: "Paused",
      waits: { for: "InconclusiveAnalysisRun" },
    });
    expect(store.status?.message).toContain("errors measured 3 times");
    // A later success does not undo the pause.
    store.known = { analysis: found({ errors: "successful", latency: "successful" }) };
    expect(store.settle()[0]).toEqual([]);
    store.known = { analysis: found({ errors: "inconclusive" }) };
    store.say("promote");
    store.settle();
    expect(store.canary).toBe(20);
  });

  it("pauses as well when a metric cannot be measured", () => {
    const store = analysed({ errors: "error", latency: "successful" });
    expect(store.status).toMatchObject({
      phase: "Paused",
      aborted: undefined,
      waits: { for: "InconclusiveAnalysisRun" },
    });
    expect(store.status?.message).toContain("the analysis errors cannot be made (errors measured");
    expect(store.canary).toBe(5);
  });

  it("pauses when a metric is inconclusive, until retry begins again", () => {
    const store = analysed({ errors: "inconclusive" });
    store.say("retry");
    expect(store.status).toMatchObject({ step: 0, waits: undefined });
    store.known = {};
    store.settle();
    expect(store.status?.step).toBe(1);
    expect(store.canary).toBe(5);
  });

  it("does not care for a dry run", () => {
    const store = analysed({ errors: "successful", latency: "successful", curious: "failed" });
    expect(store.canary).toBe(20);
  });

  it("is skipped by promote", () => {
    const store = analysed({ errors: "running" });
    store.say("promote");
    store.settle();
    expect(store.canary).toBe(20);
  });

  it("forgets what a step before has measured under the same name", () => {
    const errors = analysis(metric("errors"));
    const store = new ReleaseStore(rolloutOf([setWeight(5), errors, errors, setWeight(20)]));
    store.settle();
    const tally = { ...emptyTally, successful: 3 };
    const status = store.status;
    if (status === undefined) throw new Error("it has begun");
    const tallies = new Map([
      ["errors", tally],
      ["background/errors", tally],
    ]);
    store.commit({ status: { ...status, tallies }, weights: undefined });
    store.known = { analysis: found({ errors: "successful" }) };
    store.act();
    expect(store.status).toMatchObject({ step: 2, waits: { for: "Analysis" } });
    expect([...(store.status?.tallies.keys() ?? [])]).toEqual(["background/errors"]);
  });
});

const emptyTally = {
  successful: 0,
  failed: 0,
  inconclusive: 0,
  errors: 0,
  consecutiveErrors: 0,
  lastAtMs: 5,
};

describe("a background analysis", () => {
  it("aborts in the midst of a pause", () => {
    const store = new ReleaseStore(inBackground(0));
    store.settle();
    store.known = { analysis: found({ "background/errors": "failed" }) };
    expect(store.settle()[0]).toEqual(["Aborted", "RolledBack"]);
    expect(store.canary).toBe(0);
  });

  it("begins with its starting step", () => {
    const store = new ReleaseStore(inBackground(2));
    store.known = { analysis: found({ "background/errors": "failed" }) };
    store.settle();
    expect(store.status).toMatchObject({ step: 1, aborted: undefined });
    store.nowMs += minute;
    store.settle();
    expect(store.status?.aborted?.by).toBe("analysis errors");
  });

  it("pauses when it is inconclusive; promote goes on, and leaves a pause a pause", () => {
    const store = new ReleaseStore(inBackground(0));
    store.settle();
    store.known = { analysis: found({ "background/errors": "inconclusive" }) };
    store.settle();
    expect(store.status?.waits?.for).toBe("InconclusiveAnalysisRun");
    store.nowMs += minute;
    expect(store.settle()[0]).toEqual([]);
    store.say("promote");
    expect(store.status).toMatchObject({ promoted: "no", tallies: new Map() });
    store.known = {};
    store.settle();
    expect(store.status).toMatchObject({ step: 3, waits: { for: "CanaryPauseStep" } });
  });

  it("does not fail the next release by what it found about the last one", () => {
    const store = new ReleaseStore(inBackground(0));
    store.settle();
    store.known = { analysis: found({ "background/errors": "failed" }) };
    store.rollout = { ...store.rollout, specHash: "b" };
    expect(store.act()).toMatchObject({ event: "Begun" });
  });

  it("holds nothing up while it runs, nor when it is a dry run", () => {
    const store = new ReleaseStore(inBackground(0, true));
    store.known = { analysis: found({ "background/errors": "failed" }) };
    store.settle();
    store.nowMs += minute;
    store.settle();
    expect(store.status?.step).toBe(3);
  });
});

describe("a canary that cannot be judged", () => {
  const blind = ["http-5xx of v2: 7 requests in 2m, fewer than 20"];

  it("stays at its weight, and it is said why", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), setWeight(20), pause()]));
    store.known = { blind };
    expect(store.says()).toBe(
      "step 1 of 3 (v2 at 5 %) waits until v2 can be judged (http-5xx of v2: 7 requests in 2m, fewer than 20)",
    );
    expect(store.status).toMatchObject({ step: 0, phase: "Progressing" });
    store.known = {};
    store.settle();
    expect(store.canary).toBe(20);
  });

  it("goes on by promote, for one step", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), setWeight(20), setWeight(40)]));
    store.known = { blind };
    store.settle();
    store.say("promote");
    store.settle();
    expect(store.status).toMatchObject({ step: 1, canaryPercent: 20 });
  });

  it("gets no more traffic, though the next step waited for a gate when figures ran out", () => {
    const plan = rolloutOf([setWeight(5), setWeight(20), pause()], {
      webhooks: [webhook("confirm-traffic-increase")],
    });
    const store = new ReleaseStore(plan);
    const gates = new Map<string, GateAnswer>();
    store.known = { gates };
    const ask = (answer: GateAnswer): void => {
      const [, decision] = store.settle();
      if (decision.kind !== "ask") throw new Error(`nothing is asked: ${decision.reason}`);
      for (const { key } of decision.asks) gates.set(key, answer);
    };
    ask("passed");
    ask("waiting");
    store.known = { gates, blind };
    for (const key of gates.keys()) gates.set(key, "passed");
    store.settle();
    expect(store.status).toMatchObject({ step: 1, canaryPercent: 5, waits: { for: "Signal" } });
    store.say("promote");
    store.settle();
    expect(store.status).toMatchObject({ step: 1, canaryPercent: 20, waits: { for: "Signal" } });
  });

  it("is no hindrance while it has no traffic", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(0), setWeight(20), setWeight(40)]));
    store.known = { blind };
    store.settle();
    expect(store.canary).toBe(20);
  });
});
