import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import {
  type GuardMemory,
  judgeGuard,
  lookDueAtMs,
  neverLooked,
} from "../../../../src/rollout/judge/judge-guard.ts";
import type { Measured } from "../../../../src/rollout/judge/measured.ts";
import { quickLookbacks } from "../../../../src/rollout/judge/quick-look.ts";
import { guard, requestsSeen, ruleOf, signalOf, valueSeen } from "./rules.ts";

const nowMs = 1_000_000;

const judged = (measured: Measured, rule = guard(), memory = neverLooked) =>
  judgeGuard(rule, measured, memory, nowMs);

const said = (measured: Measured, rule = guard(), memory = neverLooked): string => {
  const { verdict, reason } = judged(measured, rule, memory);
  return `${verdict}: ${reason}`;
};

describe("a guard on load reports", () => {
  it.each([
    [
      requestsSeen(9, 24),
      "fail: v2: 9 of 24 requests failed in 120 s (at least 18.9 % with 99 %), more than 5 %",
    ],
    [
      requestsSeen(0, 240),
      "pass: v2: 0 of 240 requests failed in 120 s (at most 2.21 % with 99 %), not more than 5 %",
    ],
    [
      requestsSeen(12, 240),
      "pass: v2: 12 of 240 requests failed in 120 s " +
        "(2.6 % to 9.38 %, each end with 99 %), more than 5 % is not proven",
    ],
    [
      requestsSeen(5, 10),
      "fail: v2: 5 of 10 requests failed in 120 s, 50 % or more of at least 10 (hard trip)",
    ],
    [
      requestsSeen(4, 10),
      "hold: v2: too little data, 10 of the 20 requests needed in 120 s (4 failed)",
    ],
    [
      requestsSeen(9, 9),
      "hold: v2: too little data, 9 of the 20 requests needed in 120 s (9 failed)",
    ],
    [requestsSeen(0, 0), "hold: v2: no data, no request ended in 120 s"],
    [requestsSeen(50, 100, { ageMs: undefined }), "hold: v2: no data, no proxy reports"],
    [
      requestsSeen(50, 100, { ageMs: 20_000 }),
      "hold: v2: stale, a proxy has not reported for 20 s",
    ],
    [
      { kind: "unavailable", subset: "v2", reason: "the query took too long" } as const,
      "hold: v2: no data, the query took too long",
    ],
  ] as const)("%# says what it sees", (measured, sentence) => {
    expect(said(measured)).toBe(sentence);
  });

  it("takes reports for stale from the limit on, and not before", () => {
    const at = (ageMs: number) => judged(requestsSeen(50, 100, { ageMs })).verdict;
    expect(at(limits.judge.staleReportMs)).toBe("fail");
    expect(at(limits.judge.staleReportMs + 1)).toBe("hold");
  });

  it("begins to judge at the minimum of requests", () => {
    expect(judged(requestsSeen(8, 19)).verdict).toBe("hold");
    expect(judged(requestsSeen(8, 20)).verdict).toBe("fail");
  });

  it("waits for the bound and the minimum where there is no hard trip", () => {
    const rule = guard({ hardTrip: undefined });
    expect(judged(requestsSeen(10, 10), rule).verdict).toBe("hold");
    expect(judged(requestsSeen(20, 20), rule).verdict).toBe("fail");
  });

  it("judges by whatever the condition asks for", () => {
    const queue = { metrics: new Map([["queue", { count: 100, total: 725 }]]) };
    const rule = guard({ failureCondition: ruleOf("result.queue > 7 && result.requests >= 50") });
    expect(said(requestsSeen(1, 100, queue), rule)).toBe(
      "fail: v2: 1 of 100 requests failed in 120 s, result.queue is 7.25, " +
        "`result.queue > 7 && result.requests >= 50` holds",
    );
    expect(judged(requestsSeen(1, 40, queue), rule).verdict).toBe("pass");
  });

  it("holds, and says so, where the condition asks for what is not reported", () => {
    const rule = guard({ failureCondition: ruleOf('result["queue length"] > 7') });
    const sentence =
      'hold: v2: no data, `result["queue length"]` is not known: ' +
      "it is not reported for 20 requests or more";
    expect(said(requestsSeen(1, 100), rule)).toBe(sentence);
    const few = { metrics: new Map([["queue length", { count: 19, total: 900 }]]) };
    expect(said(requestsSeen(1, 100, few), rule)).toBe(sentence);
  });

  it("repeats a long condition in part only", () => {
    const text = Array.from({ length: 40 }, () => "result.requests > 1").join("\n && ");
    const { reason } = judged(requestsSeen(1, 100), guard({ failureCondition: ruleOf(text) }));
    expect(reason.length).toBeLessThan(200);
    expect(reason).not.toContain("\n");
  });
});

describe("the end of a look-back", () => {
  /** Errors of so many requests in each of three stretches, the newest first. */
  const recently = (...stretches: readonly (readonly [number, number])[]): Measured => ({
    kind: "requests",
    signal: signalOf(60, 2_400),
    recent: stretches.map((_, index) => {
      const sum = (of: 0 | 1) =>
        stretches.slice(0, index + 1).reduce((all, stretch) => all + stretch[of], 0);
      return { lookbackMs: (index + 1) * 3_000, signal: signalOf(sum(0), sum(1)) };
    }),
  });

  it("has three stretches of 3 s, if it is long enough", () => {
    expect(quickLookbacks(guard())).toEqual([3_000, 6_000, 9_000]);
    const longest = limits.judge.stretchMs * limits.judge.stretches;
    expect(quickLookbacks(guard({ lookbackMs: longest }))).toHaveLength(3);
    expect(quickLookbacks(guard({ lookbackMs: longest - 1 }))).toEqual([]);
  });

  it("is for conditions on the error ratio alone", () => {
    const of = (text: string) => quickLookbacks(guard({ failureCondition: ruleOf(text) }));
    expect(of("result.ratio5xx > 0.05 || result.ratio5xx >= 0.5")).toHaveLength(3);
    expect(of("result.ratio5xx > 0.05 && result.requests >= 100")).toEqual([]);
    expect(of("result.queue > 7")).toEqual([]);
    const provider = { kind: "web", url: "http://127.0.0.1/", jsonPath: "$.a" } as const;
    expect(quickLookbacks(guard({ provider }))).toEqual([]);
  });

  it("proves by itself what the whole does not prove yet", () => {
    expect(said({ kind: "requests", signal: signalOf(60, 2_400) })).toMatch(/^pass: /);
    expect(said(recently([18, 60], [18, 60], [18, 60]))).toBe(
      "fail: v2: 54 of 180 requests failed in 9 s (at least 22.7 % with 99 %), more than 5 %, " +
        "in each of 3 stretches by itself",
    );
  });

  it.each([
    ["fail in one of them", [0, 60], [54, 60], [0, 60]],
    ["fail at the edge of two", [27, 60], [27, 60], [0, 60]],
    ["have ceased to fail", [0, 60], [18, 60], [18, 60]],
    ["are too few in one", [18, 60], [18, 60], [18, 19]],
  ] as const)("proves nothing where requests %s", (_how, last, middle, first) => {
    expect(judged(recently(last, middle, first)).verdict).toBe("pass");
  });

  it("counts as one look that fails", () => {
    const rule = guard({ failureLimit: 1 });
    const { verdict, memory } = judged(recently([18, 60], [18, 60], [18, 60]), rule);
    expect([verdict, memory.failures]).toEqual(["hold", 1]);
  });

  it("takes signals that do not fit together for no proof", () => {
    const measured = recently([18, 60], [-18, -60], [18, 60]);
    expect(judged(measured).verdict).toBe("pass");
  });
});

describe("a guard on one number", () => {
  const rule = guard({ failureCondition: ruleOf("result > 500") });

  it.each([
    [valueSeen(712), "fail: v2: result is 712, `result > 500` holds"],
    [valueSeen(499.5), "pass: v2: result is 499.5, `result > 500` does not hold"],
    [valueSeen(712, 61_000), "hold: v2: stale, the newest value is 61 s old"],
    [valueSeen(Number.NaN), "hold: v2: no data, `result` is not known: it is not a number"],
  ])("%# says what it sees", (measured, sentence) => {
    expect(said(measured, rule)).toBe(sentence);
  });

  it("takes a value for stale from the limit on, and not before", () => {
    const at = (ageMs: number) => judged(valueSeen(712, ageMs), rule).verdict;
    expect(at(limits.provider.staleMs)).toBe("fail");
    expect(at(limits.provider.staleMs + 1)).toBe("hold");
  });

  it("has no other figures", () => {
    expect(said(valueSeen(712))).toContain("`result.ratio5xx` is not known");
  });
});

describe("a guard's memory", () => {
  const bad = requestsSeen(9, 24);

  it("lets the interval pass between looks", () => {
    const memory: GuardMemory = { failures: 0, lookedAtMs: nowMs - 3_000 };
    expect(judged(bad, guard(), memory)).toEqual({
      verdict: "hold",
      reason: "v2: looked at a moment ago, the next look is in 1 s",
      memory,
    });
    expect(lookDueAtMs(guard(), memory)).toBe(nowMs + 1_000);
    expect(judgeGuard(guard(), bad, memory, nowMs + 1_000).verdict).toBe("fail");
  });

  it("does not wait for a clock that went back", () => {
    expect(judged(bad, guard(), { failures: 0, lookedAtMs: nowMs + 1 }).verdict).toBe("fail");
  });

  it("counts looks that fail, in a row", () => {
    const rule = guard({ failureLimit: 2, hardTrip: undefined });
    let memory = neverLooked;
    const look = (measured: Measured, at: number): string => {
      const judgement = judgeGuard(rule, measured, memory, at * rule.intervalMs);
      memory = judgement.memory;
      return `${judgement.verdict} ${memory.failures}`;
    };
    expect(look(bad, 1)).toBe("hold 1");
    expect(look(bad, 2)).toBe("hold 2");
    expect(look(requestsSeen(0, 0), 3)).toBe("hold 2");
    expect(look(requestsSeen(0, 100), 4)).toBe("pass 0");
    expect(look(bad, 5)).toBe("hold 1");
    expect(look(bad, 6)).toBe("hold 2");
    expect(look(bad, 7)).toBe("fail 3");
  });

  it("says how many looks may fail", () => {
    expect(said(bad, guard({ failureLimit: 2 }))).toContain("(failing look 1 in a row, 2 may be)");
  });

  it("is at once where so much fails", () => {
    const rule = guard({ failureLimit: 2 });
    expect(judged(requestsSeen(12, 24), rule).verdict).toBe("fail");
  });

  it("takes a look that could not judge for none, so that the next one is at once", () => {
    const { memory } = judged(requestsSeen(0, 0));
    expect(judged(bad, guard(), memory).verdict).toBe("fail");
  });
});

describe("whatever is seen", () => {
  const rules = fc
    .record({
      threshold: fc.double({ min: 0, max: 1, noNaN: true }),
      minRequests: fc.nat(100),
      confidence: fc.double({ min: 0.5, max: 0.9999, noNaN: true }),
      failureLimit: fc.nat(2),
      hardTrip: fc.option(
        fc.record({
          minRequests: fc.integer({ min: 1, max: 50 }),
          ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
        }),
        { nil: undefined },
      ),
    })
    .map(({ threshold, ...rest }) =>
      guard({ ...rest, failureCondition: ruleOf(`result.ratio5xx > ${threshold}`) }),
    );
  const counts = fc.record({ ok: fc.nat(300), errors: fc.nat(300) });
  const memories = fc.record({ failures: fc.nat(3), lookedAtMs: fc.constant(undefined) });

  it("more errors never turn a failure into anything else", () => {
    fc.assert(
      fc.property(rules, counts, memories, fc.nat(300), (rule, { ok, errors }, memory, n) => {
        const look = (fails: number, requests: number) =>
          judged(requestsSeen(fails, requests), rule, memory).verdict;
        const turned = Math.min(n, ok);
        fc.pre(look(errors, ok + errors) === "fail");
        // Of the same requests, and in addition to them.
        expect(look(errors + turned, ok + errors)).toBe("fail");
        expect(look(errors + n, ok + errors + n)).toBe("fail");
      }),
      { numRuns: 1_000 },
    );
  });

  it("nothing is taken out for a ratio that is not above the threshold, nor without the minimum", () => {
    fc.assert(
      fc.property(rules, counts, memories, (rule, { ok, errors }, memory) => {
        const { verdict } = judged(requestsSeen(errors, ok + errors), rule, memory);
        const root = rule.failureCondition.root;
        const threshold = root.kind === "compare" ? root.bound : Number.NaN;
        const requests = ok + errors;
        const hard =
          rule.hardTrip !== undefined &&
          requests >= rule.hardTrip.minRequests &&
          errors >= rule.hardTrip.ratio * requests;
        if (hard) return;
        if (requests < rule.minRequests || errors <= threshold * requests) {
          expect(verdict).not.toBe("fail");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("is told in one line, with the version and the counts", () => {
    fc.assert(
      fc.property(rules, counts, (rule, { ok, errors }) => {
        const { reason } = judged(requestsSeen(errors, ok + errors), rule);
        expect(reason).toMatch(/^v2: [^\n]{10,200}$/);
        if (ok + errors > 0) expect(reason).toContain(`${ok + errors}`);
      }),
    );
  });

  it("is judged the same twice", () => {
    fc.assert(
      fc.property(rules, counts, memories, (rule, { ok, errors }, memory) => {
        const measured = requestsSeen(errors, ok + errors);
        expect(judged(measured, rule, memory)).toEqual(judged(measured, rule, memory));
      }),
    );
  });
});
