import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparisonWindow } from "../../../../src/rollout/judge/comparison-window.ts";

const metric = { lookbackMs: 120_000, confidence: 0.99 };

describe("the window of a comparison", () => {
  it.each([
    [0, 0, 2],
    [30_000, 30_000, 2],
    [60_000, 60_000, 2],
    [119_999, 119_999, 2],
    [120_000, 60_000, 6],
    [179_999, 119_999, 6],
    [180_000, 60_000, 12],
    [600_000, 60_000, 110],
  ])("after %d ms is %d ms, with one part in %d", (elapsed, lookbackMs, parts) => {
    const window = comparisonWindow(metric, elapsed);
    expect(window.lookbackMs).toBe(lookbackMs);
    expect(window.alpha).toBeCloseTo(0.01 / parts, 12);
  });

  it("begins at few moments, and is half a look-back long or longer after the first half", () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.integer({ min: 1, max: 1_000 }), (elapsed, seconds) => {
        const lookbackMs = seconds * 1_000;
        const window = comparisonWindow({ ...metric, lookbackMs }, elapsed);
        const begun = (elapsed - window.lookbackMs) / (lookbackMs / 2);
        expect(Number.isInteger(begun)).toBe(true);
        expect(window.lookbackMs).toBeLessThan(lookbackMs);
        if (elapsed >= lookbackMs / 2) {
          expect(window.lookbackMs).toBeGreaterThanOrEqual(lookbackMs / 2);
        } else expect(window.lookbackMs).toBe(elapsed);
      }),
    );
  });

  it("never spends more than there is", () => {
    let spent = 0;
    for (let at = 0; at < 10_000; at += 1) {
      // The first two halves are one test.
      if (at !== 1) spent += comparisonWindow(metric, at * 60_000).alpha;
    }
    expect(spent).toBeLessThan(0.01);
    expect(spent).toBeGreaterThan(0.0099);
  });
});
