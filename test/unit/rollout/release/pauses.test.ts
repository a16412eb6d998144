import { describe, expect, it } from "vitest";
import { minute, pause, ReleaseStore, rolloutOf, setWeight } from "../../../support/releases.ts";

describe("a pause", () => {
  it("without a duration lasts until somebody says promote", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), pause(), setWeight(20), pause()]));
    expect(store.says()).toBe(
      "step 2 of 4 (a pause) waits for somebody to say `serin rollout promote web`",
    );
    expect(store.status).toMatchObject({ phase: "Paused", waits: { for: "CanaryPauseStep" } });
    store.nowMs += 1_000 * minute;
    expect(store.settle()[0]).toEqual([]);
    store.say("promote");
    store.settle();
    expect(store.canary).toBe(20);
    expect(store.status).toMatchObject({ step: 3, phase: "Paused", promoted: "no" });
  });

  it("with a duration ends by itself, and says when", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), pause(90 * minute), setWeight(20)]));
    expect(store.says()).toBe("step 2 of 3 (a pause of 1h30m) lasts until 1970-01-01T01:46:40Z");
    store.nowMs += 90 * minute;
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });

  it("with a duration is cut short by promote", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), pause(90 * minute), setWeight(20)]));
    store.settle();
    store.say("promote");
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });

  it("counts on while the release is held", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), pause(10 * minute), setWeight(20)]));
    store.settle();
    store.say("pause");
    store.nowMs += 11 * minute;
    store.settle();
    expect(store.canary).toBe(5);
    store.say("resume");
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });
});

describe("a release that is held", () => {
  it("by a person writes nothing and leaves no step", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5), setWeight(20)]));
    store.act();
    store.say("pause");
    expect(store.says()).toBe("held by `pause`: `serin rollout resume web` goes on");
    expect(store.canary).toBe(0);
    store.say("resume");
    store.act();
    expect(store.canary).toBe(5);
    store.say("pause");
    store.settle();
    // It still sees that the proxies have followed.
    expect(store.status).toMatchObject({ step: 0, phase: "Paused" });
    expect(store.status?.reachedMs).toBeDefined();
  });

  it("by the object itself goes on when the object says so", () => {
    const plan = rolloutOf([setWeight(5), setWeight(20)]);
    const store = new ReleaseStore({ ...plan, paused: true });
    expect(store.says()).toBe("held by `paused: true` in rollouts/web");
    expect(store.status?.phase).toBe("Paused");
    store.rollout = plan;
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });
});
