import { describe, expect, it } from "vitest";
import { rolloutSchema } from "../../../../src/store/schema/rollout.ts";
import {
  type Draft,
  draftFor,
  faultsOf,
  type Preset,
  presetSteps,
  presets,
  rolloutOf,
} from "../../../../src/web/views/release/draft.ts";

const draft = draftFor(["v1", "v2"], "v1");
const with_ = (some: Partial<Draft>): Draft => ({ ...draft, ...some });
const step = { id: 1, weight: "20", pause: "time", duration: "30s" } as const;

describe("the draft of a release", () => {
  it("begins with the version that has the traffic, and the newest of the others", () => {
    expect(draft).toMatchObject({ stable: "v1", canary: "v2", guarded: true });
    expect(draftFor(["v1", "v2", "v3"], "v3")).toMatchObject({ stable: "v3", canary: "v2" });
    expect(draftFor([], undefined)).toMatchObject({ stable: "", canary: "" });
  });

  it("has no fault with any preset, and is then an object that serin takes", () => {
    for (const preset of Object.keys(presets) as readonly Preset[]) {
      const whole = with_({ steps: presetSteps(preset, 1) });
      expect(faultsOf(whole)).toEqual([]);
      expect(rolloutSchema.safeParse(rolloutOf(whole)).success).toBe(true);
    }
  });

  it("becomes steps, pauses and a guard", () => {
    const steps = [step, { ...step, id: 2, weight: "50", pause: "promote" as const }];
    expect(rolloutOf(with_({ steps, threshold: "2.5", lookback: "20" }))).toEqual({
      strategy: {
        canary: {
          stableSubset: "v1",
          canarySubset: "v2",
          steps: [
            { setWeight: 20 },
            { pause: { duration: "30s" } },
            { setWeight: 50 },
            { pause: {} },
          ],
        },
      },
      guard: [{ name: "http-5xx", failureCondition: "result.ratio5xx > 0.025", lookback: "20s" }],
    });
    const told = rolloutOf(with_({ webhook: "http://127.0.0.1:9/x" }));
    expect(told["guard"]).toMatchObject([
      { onFailure: { alerts: [{ webhook: { url: "http://127.0.0.1:9/x" } }] } },
    ]);
    expect(rolloutOf(with_({ guarded: false }))).not.toHaveProperty("guard");
  });

  it.each<readonly [Partial<Draft>, unknown]>([
    [{ stable: "" }, "stable"],
    [{ canary: "" }, "canary"],
    [{ canary: "v1" }, "same"],
    [{ steps: [] }, "steps"],
    [{ threshold: "0" }, "threshold"],
    [{ threshold: "100" }, "threshold"],
    [{ lookback: "5" }, "lookback"],
    [{ lookback: "soon" }, "lookback"],
    [{ webhook: "ftp://x" }, "webhook"],
    [{ steps: [{ ...step, weight: "101" }] }, { step: 1, field: "weight" }],
    [{ steps: [{ ...step, weight: "" }] }, { step: 1, field: "weight" }],
    [{ steps: [{ ...step, duration: "5" }] }, { step: 1, field: "duration" }],
  ])("names the field that is wrong: %j", (some, fault) => {
    expect(faultsOf(with_(some))).toEqual([fault]);
  });

  it("asks for nothing of a guard that is not wanted", () => {
    expect(faultsOf(with_({ guarded: false, threshold: "", lookback: "" }))).toEqual([]);
  });
});
