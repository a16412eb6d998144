import { describe, expect, it } from "vitest";
import { managedRoutesAt, managedRoutesOf, positionOf } from "../../../src/model/managed-routes.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import { releaseSalt } from "../../../src/model/release-salt.ts";
import type { ManagedMatch, RolloutStep } from "../../../src/model/rollout.ts";
import {
  pause,
  ReleaseStore,
  rolloutOf,
  setWeight,
  webhook,
  weightsOf,
} from "../../support/releases.ts";

const canary: readonly ManagedMatch[] = [
  { headers: [{ name: "x-canary", kind: "exact", value: "true" }] },
];
const beta: readonly ManagedMatch[] = [
  { headers: [{ name: "x-beta", kind: "regex", value: ".+" }] },
];

const header = (name: string, match = canary): RolloutStep => ({
  kind: "setHeaderRoute",
  name,
  match,
});

const mirror = (name: string, percent: number, match = canary): RolloutStep => ({
  kind: "setMirrorRoute",
  name,
  match,
  percent,
});

const inForceOf = ({ rollout, status }: ReleaseStore) =>
  managedRoutesOf(rollout, status && positionOf(status));

describe("managed routes", () => {
  const plan = rolloutOf([
    header("canary"),
    mirror("copies", 20),
    header("beta", beta),
    setWeight(5),
    header("canary", beta),
    header("beta", []),
    mirror("copies", 20, []),
  ]);
  const namesAt = (step: number) => managedRoutesAt(plan, step).map(({ name }) => name);

  it("are those of the steps so far, in their order, until they are taken away", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(namesAt)).toEqual([
      ["canary"],
      ["canary", "copies"],
      ["canary", "copies", "beta"],
      ["canary", "copies", "beta"],
      ["canary", "copies", "beta"],
      ["canary", "copies"],
      ["canary"],
      [],
    ]);
  });

  it("say what goes to the canary", () => {
    expect(managedRoutesAt(plan, 1)).toEqual([
      { kind: "header", name: "canary", match: canary, to: "v2" },
      { kind: "mirror", name: "copies", match: canary, percent: 20, to: "v2" },
    ]);
    expect(managedRoutesAt(plan, 4)[0]).toMatchObject({ name: "canary", match: beta });
  });

  it("are in force with the write of their step, and gone with the promotion", () => {
    const store = new ReleaseStore(rolloutOf([header("canary"), setWeight(5)]));
    const told: unknown[] = [];
    for (let acts = 0; acts < 12; acts++) {
      const decision = store.act();
      if (decision.kind !== "write") break;
      told.push([decision.event, inForceOf(store).length]);
    }
    expect(told).toEqual([
      ["Begun", 0],
      ["StepWritten", 1],
      ["StepReached", 1],
      ["StepEntered", 1],
      ["StepWritten", 1],
      ["StepReached", 1],
      ["StepEntered", 1],
      ["StepWritten", 0],
      ["StepReached", 0],
      ["Completed", 0],
    ]);
  });

  it("are those of the last step that was written, however many `promote --full` passes over", () => {
    const steps = [
      header("canary"),
      setWeight(5),
      pause(),
      header("canary", []),
      header("beta", beta),
    ];
    const store = new ReleaseStore(rolloutOf(steps, { webhooks: [webhook("confirm-promotion")] }));
    store.settle();
    expect(store.say("promoteFull")).toMatchObject({ kind: "write" });
    const [, gate] = store.settle();
    const key = gate.kind === "ask" ? (gate.asks[0]?.key ?? "") : "";
    expect(store.status).toMatchObject({ step: 5, writtenStep: 1, canaryPercent: 5 });
    expect(inForceOf(store).map(({ name }) => name)).toEqual(["canary"]);
    store.known = { gates: new Map([[key, "passed"]]) };
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
    expect(inForceOf(store)).toEqual([]);
  });

  it("stay while their step is written once more, over a person's weights", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), header("canary"), pause()]));
    store.settle();
    store.weights = weightsOf({ v1: 70, v2: 30 });
    store.settle();
    store.say("promote");
    expect(store.status).toMatchObject({ writtenRevision: undefined });
    expect(inForceOf(store)).toHaveLength(1);
    store.settle();
    expect(store.canary).toBe(5);
    expect(inForceOf(store)).toHaveLength(1);
  });

  it("leave the weights where they are", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), header("canary"), pause()]));
    store.settle();
    expect(store.canary).toBe(5);
    expect(store.status?.canaryPercent).toBe(5);
  });

  it("go with an abort", () => {
    const store = new ReleaseStore(rolloutOf([header("canary"), pause()]));
    store.settle();
    expect(inForceOf(store)).toHaveLength(1);
    store.known = { latch: { atMs: 1, guard: "g", evidence: "e" } };
    expect(store.act()).toMatchObject({ event: "Aborted" });
    expect(inForceOf(store)).toEqual([]);
  });

  it("of a release that has not begun are none", () => {
    expect(managedRoutesOf(plan, undefined)).toEqual([]);
    const store = new ReleaseStore(rolloutOf([header("canary"), pause()]));
    store.settle();
    const position = store.status && positionOf(store.status);
    expect(managedRoutesOf(store.rollout, position)).toHaveLength(1);
    expect(managedRoutesOf({ ...store.rollout, specHash: "b" }, position)).toEqual([]);
    expect(managedRoutesOf(undefined, position)).toEqual([]);
  });
});

describe("the salt of a release", () => {
  it("is another for each service and spec", () => {
    const salt = releaseSalt("web" as ServiceName, "a");
    expect(salt).toMatch(/^web-[0-9a-f]{8}$/);
    expect(releaseSalt("web" as ServiceName, "b")).not.toBe(salt);
    expect(releaseSalt("shop" as ServiceName, "a").slice("shop".length)).not.toBe(
      salt.slice("web".length),
    );
  });
});
