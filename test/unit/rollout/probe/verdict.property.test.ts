import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../../support/seed.ts";
import {
  afterProbe,
  foundSick,
  newcomer,
  presumedWell,
  type Thresholds,
  type Verdict,
} from "../../../../src/rollout/probe/verdict.ts";

/**
 * Envoy's own bookkeeping, field by field, for failures that count (network, or a retriable status):
 * `ActiveHealthCheckSession` in source/extensions/health_checkers/common/health_checker_base_impl.cc.
 */
class EnvoySession {
  #numHealthy = 0;
  #numUnhealthy = 0;
  #firstCheck: boolean;
  failedActiveHc: boolean;
  readonly #thresholds: Thresholds;

  constructor(thresholds: Thresholds, start: Verdict["state"]) {
    this.#thresholds = thresholds;
    this.#firstCheck = start === "new";
    // A new host is unhealthy until its first check.
    this.failedActiveHc = start !== "well";
  }

  handleSuccess(): void {
    this.#numUnhealthy = 0;
    if (this.failedActiveHc) {
      this.#numHealthy += 1;
      if (this.#firstCheck || this.#numHealthy === this.#thresholds.healthyThreshold) {
        this.failedActiveHc = false;
      }
    }
    this.#firstCheck = false;
  }

  handleFailure(): void {
    this.#numHealthy = 0;
    if (!this.failedActiveHc) {
      this.#numUnhealthy += 1;
      if (this.#numUnhealthy === this.#thresholds.unhealthyThreshold) this.failedActiveHc = true;
    }
    this.#firstCheck = false;
  }
}

const starts = [newcomer, presumedWell, foundSick] as const;

describe("the verdict over probes", () => {
  it("is that of Envoy after any run of them", () => {
    const thresholds = fc.record({
      unhealthyThreshold: fc.integer({ min: 1, max: 5 }),
      healthyThreshold: fc.integer({ min: 1, max: 5 }),
    });
    const runs = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(thresholds, fc.constantFrom(...starts), runs, (bounds, start, outcomes) => {
        const envoy = new EnvoySession(bounds, start.state);
        let verdict: Verdict = start;
        for (const isWell of outcomes) {
          if (isWell) envoy.handleSuccess();
          else envoy.handleFailure();
          verdict = afterProbe(verdict, isWell, bounds);
          expect(verdict.state).toBe(envoy.failedActiveHc ? "sick" : "well");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, Verdict, string, Verdict["state"]]>([
    ["three failures in a row", presumedWell, "---", "sick"],
    ["two, a good one, and two again", presumedWell, "--+--", "well"],
    ["the first probe of a new one", newcomer, "-", "sick"],
    ["the first good probe of a new one", newcomer, "+", "well"],
    ["one good probe of a sick one", foundSick, "+", "sick"],
    ["two good ones", foundSick, "++", "well"],
    ["a bad one in between", foundSick, "+-+", "sick"],
  ])("takes %s", (_, start, probes, state) => {
    const bounds = { unhealthyThreshold: 3, healthyThreshold: 2 };
    const end = [...probes].reduce(
      (verdict, each) => afterProbe(verdict, each === "+", bounds),
      start,
    );
    expect(end.state).toBe(state);
  });
});
