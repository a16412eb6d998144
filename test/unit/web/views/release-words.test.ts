import { describe, expect, it } from "vitest";
import type { ReleaseJson } from "../../../../src/api/rollouts.ts";
import type { ServiceSummary } from "../../../../src/api/services.ts";
import { offersFor, sayingOf } from "../../../../src/web/views/service/commands.ts";
import { shownSteps } from "../../../../src/web/views/service/plan-steps.ts";
import { byUrgency, toneOf, verdictOf } from "../../../../src/web/views/service/verdict.ts";

const release: ReleaseJson = {
  ...{ stable: "v1", canary: "v2", phase: "Progressing", step: 2, steps: 3, stepName: "" },
  ...{
    weights: {},
    waitsFor: null,
    timed: false,
    message: "",
    detail: null,
    held: false,
    aborted: null,
  },
  routes: [],
};
const aborted = { at: "", by: "ann", reason: "" };
const summary = (some: Partial<ServiceSummary>) =>
  ({
    ...{ service: "web", release: null, guard: "none" },
    diagnostics: { errors: 0, warnings: 0 },
    ...some,
  }) as ServiceSummary;

const offered = (of: ReleaseJson | null, guard: ServiceSummary["guard"] = "pass") =>
  offersFor(of, guard)
    .filter(({ why }) => why === null)
    .map(({ command, first }) => `${command}${first ? "!" : ""}`);

describe("what one may say to a release", () => {
  it("follows from how it stands", () => {
    expect(offered(null)).toEqual([]);
    expect(offered(release)).toEqual(["promote", "full", "pause", "abort", "undo"]);
    expect(offered({ ...release, phase: "Paused" })).toContain("promote!");
    expect(offered({ ...release, held: true })).toEqual([
      ...["promote", "full", "resume!", "abort", "undo"],
    ]);
    expect(offered(release, "fail")).toContain("abort!");
    expect(offered({ ...release, phase: "Degraded", aborted }, "latched")).toEqual([
      ...["retry!", "undo"],
    ]);
    expect(offered({ ...release, phase: "Healthy" })).toEqual(["undo"]);
    expect(offered({ ...release, waitsFor: "WeightsChanged" })).toContain("retry");
  });

  it("is retry alone where a guard took a version out and there is no release", () => {
    expect(offered(null, "latched")).toEqual(["retry!"]);
  });

  it("has a reason wherever it may not be said", () => {
    const whys = offersFor({ ...release, phase: "Healthy" }, "pass").map(({ why }) => why);
    expect(whys).toEqual(["complete", "complete", "complete", "complete", "notAborted", null]);
  });

  it("is said to the API by its own words", () => {
    expect(sayingOf("full")).toEqual({ said: "promote", full: true });
    expect(sayingOf("abort")).toEqual({ said: "abort", full: false });
  });
});

describe("the steps of a release", () => {
  const canary = {
    maxTrafficWeight: 200,
    steps: [
      { setWeight: 20 },
      { pause: { duration: 30 } },
      { pause: {} },
      { setHeaderRoute: { name: "testers" } },
      { analysis: {} },
    ],
  };
  const object = { strategy: { canary } };

  it("are those of the object, and the promotion behind them", () => {
    expect(shownSteps(release, object).map(({ what }) => what)).toEqual([
      { kind: "weight", percent: 10 },
      { kind: "pause", duration: "30s" },
      { kind: "pause", duration: null },
      { kind: "header", name: "testers" },
      { kind: "analysis" },
      { kind: "promotion" },
    ]);
    expect(shownSteps(release, "nothing to read")).toHaveLength(1);
  });

  it("are done before the one it is at, and to come behind it", () => {
    const states = (of: ReleaseJson) => shownSteps(of, object).map(({ state }) => state);
    expect(states(release).slice(0, 3)).toEqual(["done", "now", "next"]);
    expect(states({ ...release, aborted }).slice(0, 3)).toEqual(["done", "stopped", "next"]);
    expect(new Set(states({ ...release, phase: "Healthy" }))).toEqual(new Set(["done"]));
    expect(new Set(states({ ...release, phase: "Pending" }))).toEqual(new Set(["next"]));
  });
});

describe("the word for how a service is", () => {
  it("is the worst that is true of it", () => {
    expect(verdictOf(summary({ guard: "latched", release }))).toBe("latched");
    expect(verdictOf(summary({ guard: "fail", release }))).toBe("failing");
    expect(verdictOf(summary({ release: { ...release, aborted } }))).toBe("aborted");
    expect(verdictOf(summary({ diagnostics: { errors: 1, warnings: 0 } }))).toBe("broken");
    expect(verdictOf(summary({ release: { ...release, phase: "Paused" } }))).toBe("waiting");
    const pause = { ...release, phase: "Paused", waitsFor: "CanaryPauseStep" } as const;
    expect(verdictOf(summary({ release: { ...pause, timed: true } }))).toBe("releasing");
    expect(verdictOf(summary({ release: { ...pause, timed: true, held: true } }))).toBe("waiting");
    expect(verdictOf(summary({ release }))).toBe("releasing");
    expect(verdictOf(summary({ release: { ...release, phase: "Healthy" } }))).toBe("released");
    expect(verdictOf(summary({}))).toBe("steady");
  });

  it("puts first what needs a person, and sorts the rest by name", () => {
    const list = [
      summary({ service: "b" }),
      summary({ service: "a" }),
      summary({ service: "c", guard: "latched" }),
    ];
    expect(list.sort(byUrgency).map(({ service }) => service)).toEqual(["c", "a", "b"]);
    expect(toneOf("waiting")).toBe("warn");
  });
});
