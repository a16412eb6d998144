import { describe, expect, it } from "vitest";
import type { RolloutCommand } from "../../../../src/rollout/release/commands.ts";
import {
  minute,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  weightsOf,
} from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause(), setWeight(50), pause()]);

/** A release in a state, by name. */
const states: Readonly<Record<string, () => ReleaseStore>> = {
  "not begun": () => new ReleaseStore(plan),
  "of another spec": () => {
    const store = new ReleaseStore({ ...plan, specHash: "old" });
    store.settle();
    store.rollout = plan;
    return store;
  },
  unacknowledged: () => {
    const store = new ReleaseStore(plan);
    store.known = { acked: { kind: "pending", behind: ["edge-1"] } };
    store.settle();
    return store;
  },
  "in a pause": () => {
    const store = new ReleaseStore(plan);
    store.settle();
    return store;
  },
  held: () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.say("pause");
    return store;
  },
  "paused by the object": () => {
    const store = new ReleaseStore({ ...plan, paused: true });
    store.settle();
    return store;
  },
  "found changed": () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.weights = weightsOf({ v1: 1, v2: 2 });
    store.settle();
    return store;
  },
  aborted: () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.say("abort");
    return store;
  },
  complete: () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.say("promoteFull");
    store.settle();
    return store;
  },
};

/** Commands that are refused, and a part of the reason. */
const refusals: readonly (readonly [string, RolloutCommand, string])[] = [
  ["not begun", "promote", "has not begun"],
  ["not begun", "promoteFull", "has not begun"],
  ["not begun", "pause", "has not begun"],
  ["not begun", "resume", "has not begun"],
  ["not begun", "retry", "has not begun"],
  ["of another spec", "promote", "has not begun"],
  ["of another spec", "promoteFull", "has not begun"],
  ["of another spec", "pause", "has not begun"],
  ["of another spec", "resume", "has not begun"],
  ["of another spec", "retry", "has not begun"],
  ["unacknowledged", "promote", "changes nothing here: step 1 of 4"],
  ["unacknowledged", "resume", "nobody has said `pause`"],
  ["unacknowledged", "retry", "is for a release that was aborted"],
  ["in a pause", "resume", "nobody has said `pause`"],
  ["in a pause", "retry", "is for a release that was aborted"],
  ["held", "pause", "is held already"],
  ["held", "retry", "is for a release that was aborted"],
  ["paused by the object", "promote", "says `paused: true`"],
  ["paused by the object", "promoteFull", "says `paused: true`"],
  ["paused by the object", "resume", "says `paused: true`"],
  ["paused by the object", "retry", "is for a release that was aborted"],
  ["found changed", "resume", "nobody has said `pause`"],
  ["aborted", "abort", "was aborted by ann at 1970-01-01T00:16:40Z (somebody said `abort`)"],
  ["aborted", "promote", "`retry` begins again"],
  ["aborted", "promoteFull", "`retry` begins again"],
  ["aborted", "pause", "`retry` begins again"],
  ["aborted", "resume", "`retry` begins again"],
  ["complete", "promote", "is complete"],
  ["complete", "promoteFull", "is complete"],
  ["complete", "pause", "is complete"],
  ["complete", "resume", "is complete"],
  ["complete", "retry", "is for a release that was aborted"],
];

const commands: readonly RolloutCommand[] = [
  ...(["promote", "promoteFull", "pause", "resume"] as const),
  ...(["abort", "retry", "undo"] as const),
];

describe("a command", () => {
  it.each(Object.entries(states))("to a release that is %s", (name, make) => {
    for (const command of commands) {
      const outcome = make().say(command);
      const refusal = refusals.find(([state, each]) => state === name && each === command)?.[2];
      if (refusal === undefined) {
        expect(outcome.kind, `${command}: ${outcome.reason}`).toBe("write");
      } else {
        expect(outcome.kind, command).toBe("refused");
        expect(outcome.reason).toContain(refusal);
      }
    }
  });

  it("is refused for the guard's sake while it has the canary, but for retry", () => {
    const store = states["in a pause"]?.() ?? new ReleaseStore(plan);
    store.known = { latch: { atMs: 1, guard: "http-5xx", evidence: "" } };
    expect(store.say("promote")).toMatchObject({ kind: "refused" });
    expect(store.say("promoteFull").reason).toBe("a guard has taken v2 out: `retry` begins again");
    expect(store.say("retry")).toMatchObject({ kind: "write", clearsLatch: true });
  });
});

describe("promote --full", () => {
  it("goes past all steps between to the promotion", () => {
    const store = new ReleaseStore(plan);
    store.settle();
    store.say("promoteFull");
    const seen: unknown[] = [];
    for (let acts = 0; acts < 10; acts++) {
      store.act();
      seen.push(store.canary);
    }
    expect(new Set(seen)).toEqual(new Set([5, 100]));
    expect(store.status).toMatchObject({ phase: "Healthy", promoted: "no" });
  });

  it("has the proxies acknowledge the step under way first", () => {
    const store = states["unacknowledged"]?.() ?? new ReleaseStore(plan);
    store.say("promoteFull");
    store.settle();
    expect(store.canary).toBe(5);
    store.known = {};
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });

  it("is refused the second time", () => {
    const store = states["unacknowledged"]?.() ?? new ReleaseStore(plan);
    store.say("promoteFull");
    expect(store.say("promoteFull").reason).toContain("is promoted in full already");
  });

  it("takes over weights that somebody else wrote", () => {
    const store = states["found changed"]?.() ?? new ReleaseStore(plan);
    store.say("promoteFull");
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });
});

describe("promote", () => {
  it("lets a held release go on, and ends the pause that it is in", () => {
    const store = states["held"]?.() ?? new ReleaseStore(plan);
    store.say("promote");
    store.settle();
    expect(store.canary).toBe(50);
  });

  it("is for one step: the next pause is a pause", () => {
    const store = states["in a pause"]?.() ?? new ReleaseStore(plan);
    store.say("promote");
    store.settle();
    expect(store.status).toMatchObject({ step: 3, promoted: "no" });
  });
});

describe("pause", () => {
  it("keeps the reason of a pause that waits for a person", () => {
    const store = states["found changed"]?.() ?? new ReleaseStore(plan);
    store.say("pause");
    expect(store.status).toMatchObject({ held: true, waits: { for: "WeightsChanged" } });
    store.say("resume");
    expect(store.status).toMatchObject({ held: false, waits: { for: "WeightsChanged" } });
  });
});

describe("undo", () => {
  it.each(["in a pause", "found changed", "complete", "not begun"])(
    "gives the stable version all traffic: %s",
    (name) => {
      const store = states[name]?.() ?? new ReleaseStore(plan);
      store.say("undo", { why: "checkout is slow" });
      expect(store.weights).toEqual(weightsOf({ v1: 100, v2: 0 }));
      expect(store.status?.aborted).toMatchObject({ by: "ann", reason: "checkout is slow" });
      store.nowMs += 100 * minute;
      store.settle();
      expect(store.canary).toBe(0);
    },
  );

  it("takes from other subsets what somebody has given them", () => {
    const store = states["in a pause"]?.() ?? new ReleaseStore(plan);
    store.weights = weightsOf({ v0: 50, v1: 50 });
    store.say("undo");
    expect(store.weights).toEqual(weightsOf({ v1: 100, v2: 0, v0: 0 }));
  });
});
