import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { AnalysisMetric } from "../../../src/model/rollout.ts";
import { caseOf, decodeOne, expectCase, invalid, unknownField } from "./decode-entries.ts";

const key = "analysistemplates/errors";

function metricsOf(value: unknown): readonly AnalysisMetric[] | undefined {
  const [template] = decodeOne(key, value).state.analysisTemplates.values();
  return template?.metrics;
}

const failing = {
  text: "result.ratio5xx > 0.05",
  root: { kind: "compare" as const, figure: "ratio5xx", by: ">" as const, bound: 0.05 },
};
const fine = {
  text: "result.ratio5xx < 0.01",
  root: { kind: "compare" as const, figure: "ratio5xx", by: "<" as const, bound: 0.01 },
};

const usual: AnalysisMetric = {
  name: "errors",
  provider: { kind: "envoy" },
  intervalMs: 10_000,
  initialDelayMs: 0,
  count: undefined,
  lookbackMs: 120_000,
  minRequests: 20,
  confidence: 0.99,
  judge: { kind: "conditions", success: undefined, failure: failing },
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  dryRun: false,
};
const written = { name: "errors", failureCondition: failing.text };

describe("a metric", () => {
  it("has a default for all but its name and what it judges by", () => {
    expect(metricsOf({ metrics: [written] })).toEqual([usual]);
  });

  it("is read whole, in the long form and in YAML too", () => {
    const spec = {
      metrics: [
        {
          name: "error-ratio",
          provider: { envoy: {} },
          successCondition: fine.text,
          failureCondition: failing.text,
          interval: "30s",
          initialDelay: "1m",
          count: 10,
          lookback: "5m",
          minRequests: 50,
          confidence: 0.9,
          failureLimit: 1,
          inconclusiveLimit: 3,
          consecutiveErrorLimit: 0,
          dryRun: true,
        },
        { name: "vs-stable", compare: { to: "stable", test: "sequential" } },
      ],
    };
    const expected: readonly AnalysisMetric[] = [
      {
        name: "error-ratio",
        provider: { kind: "envoy" },
        intervalMs: 30_000,
        initialDelayMs: 60_000,
        count: 10,
        lookbackMs: 300_000,
        minRequests: 50,
        confidence: 0.9,
        judge: { kind: "conditions", success: fine, failure: failing },
        failureLimit: 1,
        inconclusiveLimit: 3,
        consecutiveErrorLimit: 0,
        dryRun: true,
      },
      {
        ...usual,
        name: "vs-stable",
        lookbackMs: 600_000,
        judge: { kind: "compare", maxDelta: 0.01 },
      },
    ];
    expect(metricsOf(spec)).toEqual(expected);
    const long = { apiVersion: "serin/v1", kind: "AnalysisTemplate", metadata: { name: "errors" } };
    expect(metricsOf({ ...long, spec })).toEqual(expected);
    const yaml = `metrics:
  - name: error-ratio
    provider: { envoy: {} }
    successCondition: result.ratio5xx < 0.01
    failureCondition: result.ratio5xx > 0.05
    interval: 30s
    initialDelay: 1m
    count: 10
    lookback: 5m
    minRequests: 50
    confidence: 0.9
    failureLimit: 1
    inconclusiveLimit: 3
    consecutiveErrorLimit: 0
    dryRun: true
  - { name: vs-stable, compare: {} }
`;
    expect(metricsOf(yaml)).toEqual(expected);
  });

  it.each([
    [
      { name: "errors", successCondition: fine.text },
      { judge: { kind: "conditions", success: fine, failure: undefined } },
    ],
    [
      { name: "errors", compare: { maxDelta: 0.5, confidence: 0.95 } },
      { judge: { kind: "compare", maxDelta: 0.5 }, confidence: 0.95, lookbackMs: 600_000 },
    ],
    [
      { name: "errors", compare: {}, confidence: 0.75 },
      { judge: { kind: "compare", maxDelta: 0.01 }, confidence: 0.75, lookbackMs: 600_000 },
    ],
  ])("may say %j", (value, expected) => {
    expect(metricsOf({ metrics: [value] })).toEqual([{ ...usual, ...expected }]);
  });

  it("keeps the template's name and its place in the state", () => {
    const { state } = decodeOne(key, { metrics: [written] });
    expect([...state.analysisTemplates.entries()]).toEqual([
      ["errors", { name: "errors", metrics: [usual] }],
    ]);
    expect(state.rollouts.size).toBe(0);
  });
});

const judges = "expected successCondition, failureCondition or both, or else compare";
const one = (metric: object, ...expected: readonly string[]) =>
  caseOf(key, { metrics: [{ name: "errors", ...metric }] }, ...expected);
const at = (path: string) => `metrics[0].${path}`;

describe("an analysis template that is wrong", () => {
  it.each([
    caseOf(key, {}, invalid("metrics", "expected a list, but it is missing")),
    caseOf(
      key,
      { metrics: [] },
      invalid("metrics", "expected at least one metric, got an empty list"),
    ),
    one({}, invalid("metrics[0]", judges)),
    one({ failureCondition: failing.text, compare: {} }, invalid("metrics[0]", judges)),
    one(
      { compare: {}, provider: { prometheus: { address: "http://p", query: "q" } } },
      invalid(at("compare"), "versions are compared by the proxies' load reports alone"),
    ),
    one(
      { compare: { confidence: 0.9 }, confidence: 0.9 },
      invalid(at("compare.confidence"), "says the same as confidence: give one of them"),
    ),
    one(
      { compare: { to: "baseline", test: "t", maxDelta: 1.5 } },
      invalid(at("compare.to"), 'expected "stable", got "baseline"'),
      invalid(at("compare.test"), 'expected "sequential", got "t"'),
      invalid(at("compare.maxDelta"), "expected a number from 0 to 1, got 1.5"),
    ),
    one(
      { successCondition: "result", failureCondition: "result.a > 1 and result.b > 1" },
      invalid(
        at("successCondition"),
        "at character 7: expected one of <, <=, >, >=, ==, !=, found the end",
      ),
      invalid(
        at("failureCondition"),
        "at character 14: expected `&&`, `||` or the end, found `and`; the words are `&&`, `||` and `!`",
      ),
    ),
    one(
      { successCondition: "result < 1" },
      invalid(
        at("successCondition"),
        "proxies report figures with names: write result.ratio5xx, say, in place of result",
      ),
    ),
    one(
      {
        failureCondition: failing.text,
        interval: "0s",
        initialDelay: "25h",
        count: 0,
        failureLimit: -1,
        inconclusiveLimit: 0.5,
        consecutiveErrorLimit: "4",
        dryRun: "yes",
      },
      invalid(at("interval"), 'expected a duration from 1s to 1h, got "0s"'),
      invalid(at("initialDelay"), 'expected a duration from 0s to 24h, got "25h"'),
      invalid(at("count"), "expected an integer from 1 to 10000, got 0"),
      invalid(at("failureLimit"), "expected an integer from 0 to 10000, got -1"),
      invalid(at("inconclusiveLimit"), "expected an integer from 0 to 10000, got 0.5"),
      invalid(at("consecutiveErrorLimit"), 'expected an integer from 0 to 10000, got "4"'),
      invalid(at("dryRun"), 'expected true or false, got "yes"'),
    ),
    one(
      { succesCondition: fine.text, failureCondition: failing.text },
      invalid(
        at("succesCondition"),
        'this field is not known (did you mean "successCondition"?), and without successCondition whatever is no failure is a success',
      ),
    ),
    one(
      { failureCondition: failing.text, consecutiveSuccessLimit: 2 },
      unknownField(at("consecutiveSuccessLimit"), "this field is not known, and has no effect"),
    ),
    caseOf(
      key,
      { metrics: [written, written] },
      invalid("metrics[1].name", "names a metric twice"),
    ),
    caseOf(
      key,
      { metrics: [{ ...written, failureCondition: "result.eror > 1" }] },
      `warning VALUE_INVALID ${at("failureCondition")}: proxies have no figure eror (did you mean "errors"?): it is unknown until backends report it`,
    ),
    caseOf(
      key,
      { apiVersion: "serin/v1", kind: "Rollout", spec: { metrics: [written] } },
      invalid(
        "kind",
        'expected "AnalysisTemplate", which the key asks for; a Rollout goes under "rollouts/"',
      ),
    ),
    caseOf(
      key,
      { args: [{ name: "service" }], metrics: [written] },
      unknownField("args", "this field is not known, and has no effect"),
    ),
  ])("$value", expectCase);

  it("has a bounded number of metrics", () => {
    const { metrics } = limits.decode;
    const many = Array.from({ length: metrics + 1 }, (_, n) => ({ ...written, name: `m${n}` }));
    expectCase(caseOf(key, { metrics: many.slice(1) }));
    expectCase(
      caseOf(
        key,
        { metrics: many },
        invalid("metrics", `expected at most ${metrics} metrics, got a list`),
      ),
    );
  });
});
