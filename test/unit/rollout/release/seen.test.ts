import { describe, expect, it } from "vitest";
import type { RolloutCommand } from "../../../../src/rollout/release/commands.ts";
import { seenText, unlike } from "../../../../src/rollout/release/seen.ts";
import {
  minute,
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  v2,
  weightsOf,
} from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause(), setWeight(50), pause()]);

const stops: readonly RolloutCommand[] = ["pause", "resume", "abort", "undo"];
const all: readonly RolloutCommand[] = [...stops, "promote", "promoteFull", "retry"];

function inPause(): ReleaseStore {
  const store = new ReleaseStore(plan);
  store.settle();
  return store;
}

const standing = ({ rollout, status, weights }: ReleaseStore) => {
  return { rollout, status, weights, latched: new Map() };
};

/** The commands that do not hold any more after `change`. */
function voided(change: (store: ReleaseStore) => void, store = inPause()): readonly string[] {
  const seen = seenText(standing(store));
  expect(all.filter((command) => unlike(seen, standing(store), command))).toEqual([]);
  change(store);
  return all.filter((command) => unlike(seen, standing(store), command) !== undefined);
}

describe("what a person has seen of a release", () => {
  it("is the same after what no command is about", () => {
    const measured = (store: ReleaseStore): void => {
      if (store.status === undefined) throw new Error("it has not begun");
      store.status = { ...store.status, message: "another", operation: "2", idleMs: 7 };
    };
    expect(voided(measured)).toEqual([]);
  });

  it("is old for a promotion and a retry once the release is at another step", () => {
    const promoted = (store: ReleaseStore): void => {
      store.say("promote");
      store.settle();
    };
    expect(voided(promoted)).toEqual(["promote", "promoteFull", "retry"]);
  });

  it("is old for all but an undo once the release has ended", () => {
    const aborted = (store: ReleaseStore): void => {
      store.say("abort");
    };
    expect(voided(aborted)).toEqual(all.filter((command) => command !== "undo"));
  });

  it("is old for everything once it is another attempt, or another release", () => {
    const retried = (store: ReleaseStore): void => {
      store.say("abort");
      store.nowMs += minute;
      store.say("retry");
      store.settle();
    };
    expect(voided(retried)).toEqual(all);
    const another = (store: ReleaseStore): void => {
      store.rollout = { ...plan, specHash: "another" };
    };
    expect(voided(another)).toEqual(all);
  });

  it("is old for who would accept weights that are others than those that were shown", () => {
    const written = (store: ReleaseStore): void => {
      store.weights = weightsOf({ v1: 1, v2: 2 });
      store.settle();
    };
    expect(voided(written)).toEqual(["promote", "promoteFull", "retry"]);
    const found = inPause();
    written(found);
    const again = (store: ReleaseStore): void => {
      store.weights = weightsOf({ v1: 1, v2: 99 });
    };
    expect(voided(again, found)).toEqual(["promote", "promoteFull", "retry"]);
  });

  it("is old for a retry once a guard has taken out another version", () => {
    const bare = { rollout: undefined, status: undefined, weights: undefined };
    const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
    const seen = seenText({ ...bare, latched: new Map([[v2, latch]]) });
    const later = { ...bare, latched: new Map([[v2, { ...latch, atMs: 2 }]]) };
    expect(unlike(seen, { ...bare, latched: new Map([[v2, latch]]) }, "retry")).toBeUndefined();
    expect(unlike(seen, later, "retry")).toContain(`it was ${seen}, and is ${seenText(later)}`);
  });
});
