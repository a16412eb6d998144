import { describe, expect, it } from "vitest";
import { minute, pause, ReleaseStore, rolloutOf, setWeight } from "../../../support/releases.ts";

const plan = rolloutOf([setWeight(5), pause(10 * minute), setWeight(20)]);

function written(): ReleaseStore {
  const store = new ReleaseStore(plan);
  store.act();
  store.act();
  expect(store.canary).toBe(5);
  return store;
}

describe("a step counts as reached", () => {
  it("when all proxies have acknowledged it, and not when it is written", () => {
    const store = written();
    expect(store.status).toMatchObject({ step: 0, writtenRevision: "12", reachedMs: undefined });
    expect(store.status?.message).toBe(
      "step 1 of 3 (v2 at 5 %) waits for the proxies to acknowledge it",
    );
    store.known = { acked: { kind: "pending", behind: ["edge-2", "edge-7"] } };
    store.nowMs += minute;
    expect(store.says()).toBe(
      "step 1 of 3 (v2 at 5 %) waits for the proxies to acknowledge it (behind: edge-2, edge-7)",
    );
    store.known = {};
    store.nowMs += minute;
    expect(store.act()).toMatchObject({ event: "StepReached" });
    expect(store.status).toMatchObject({ step: 0, reachedMs: 1_000_000 + 2 * minute });
  });

  it("and a pause lasts from then on", () => {
    const store = written();
    store.known = { acked: { kind: "pending", behind: ["edge-2"] } };
    store.settle();
    store.nowMs += 30 * minute;
    store.known = {};
    const [, decision] = store.settle();
    expect(decision).toMatchObject({ kind: "hold", untilMs: store.nowMs + 10 * minute });
    store.nowMs += 10 * minute - 1;
    expect(store.settle()[0]).toEqual([]);
    store.nowMs += 1;
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });

  it("not while one rejects it, and it is said who", () => {
    const store = written();
    store.known = { acked: { kind: "rejected", by: ["edge-9", "edge-3"] } };
    expect(store.says()).toBe("step 1 of 3 (v2 at 5 %) was rejected by edge-3, edge-9");
    expect(store.status).toMatchObject({ phase: "Progressing", waits: { for: "Rejected" } });
  });

  it("not while nobody is connected", () => {
    const store = written();
    store.known = { acked: { kind: "none" } };
    expect(store.says()).toBe("step 1 of 3 (v2 at 5 %) waits for a proxy: none is connected");
  });

  it("in a sentence that names a few of many", () => {
    const store = written();
    const behind = Array.from({ length: 300 }, (_, i) => `edge-${i}`);
    store.known = { acked: { kind: "pending", behind } };
    expect(store.says()).toContain("edge-0, edge-1, edge-2, edge-3, edge-4 and 295 more");
  });
});

describe("a step that is reached", () => {
  it.each([
    [{ kind: "pending", behind: ["edge-8"] } as const],
    [{ kind: "rejected", by: ["edge-8"] } as const],
    [{ kind: "none" } as const],
  ])("is not left while a proxy that came later is %j", (acked) => {
    const store = written();
    store.settle();
    expect(store.status?.step).toBe(1);
    store.nowMs += 20 * minute;
    store.known = { acked };
    store.settle();
    expect(store.status).toMatchObject({ step: 1, phase: "Progressing" });
    store.known = {};
    store.settle();
    expect(store.status?.phase).toBe("Healthy");
  });
});

it("nothing is written while no proxy is connected", () => {
  const store = new ReleaseStore(plan);
  store.known = { acked: { kind: "none" } };
  expect(store.says()).toContain("none is connected");
  expect(store.canary).toBe(0);
});
