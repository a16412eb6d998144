import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { caseOf, decodeOne, expectCase, invalid, unknownField } from "./decode-entries.ts";

const key = "rollouts/web";
const subsets = { stableSubset: "v1", canarySubset: "v2" };
const withSteps = (...steps: readonly object[]) => ({
  strategy: { canary: { ...subsets, steps } },
});
const at = (path: string) => `strategy.canary.${path}`;
const canary = (fields: object, ...expected: readonly string[]) =>
  caseOf(
    key,
    { strategy: { canary: { ...subsets, steps: [{ setWeight: 5 }], ...fields } } },
    ...expected,
  );
const step = (value: object, ...expected: readonly string[]) =>
  caseOf(key, withSteps(value), ...expected);
const field = (fields: object, ...expected: readonly string[]) =>
  caseOf(key, { ...withSteps({ setWeight: 5 }), ...fields }, ...expected);
const nameRule =
  "expected a name of letters, digits, '-', '_' and '.', at most 253 characters, letter or digit at the ends";
const stepRule =
  "expected in each step one of setWeight, pause, setHeaderRoute, setMirrorRoute, analysis";
const percentRule = "expected a percentage from 0 to 100 with at most two decimals";
const pauseRule = 'expected a duration such as "10m", to 720h, or whole seconds';
const presetRule =
  'expected steps in one word, such as "Canary10Percent5Minutes", "Linear10PercentEvery1Minute" or "AllAtOnce"';
const strict = "this field is not known, and without it the rest may mean too much";

describe("a rollout that is wrong", () => {
  it.each([
    caseOf(key, {}, invalid("strategy", "expected an object, but it is missing")),
    caseOf(
      key,
      { strategy: { blueGreen: {} } },
      invalid("strategy.canary", "expected an object, but it is missing"),
      unknownField("strategy.blueGreen", "this field is not known, and has no effect"),
    ),
    caseOf(
      key,
      { strategy: { canary: { canarySubset: "v/2", steps: [{ setWeight: 1 }] } } },
      invalid(at("stableSubset"), `${nameRule}, but it is missing`),
      invalid(at("canarySubset"), `${nameRule}, got "v/2"`),
    ),
    caseOf(
      key,
      { apiVersion: "argoproj.io/v1", kind: "Rollout", spec: withSteps({ setWeight: 5 }) },
      invalid("apiVersion", 'expected "serin/v1"'),
    ),
    canary(
      { canarySubset: "v1" },
      invalid(
        at("canarySubset"),
        "is the stable subset as well: there would be nothing to release",
      ),
    ),
    caseOf(
      key,
      { strategy: { canary: subsets } },
      invalid(at("steps"), "expected either steps or a preset"),
    ),
    field({ preset: "AllAtOnce" }, invalid("preset", "expected either steps or a preset")),
    caseOf(
      key,
      { strategy: { canary: subsets }, preset: "Canary10Percent" },
      invalid("preset", `${presetRule}, got "Canary10Percent"`),
    ),
    canary({ steps: [] }, invalid(at("steps"), "expected at least one step, got an empty list")),
    canary(
      { maxTrafficWeight: 0 },
      invalid(at("maxTrafficWeight"), "expected an integer from 1 to 1000000, got 0"),
    ),
    ...[100.01, 150, 0.001].map((setWeight) =>
      step({ setWeight }, invalid(at("steps[0].setWeight"), `${percentRule}, got ${setWeight}`)),
    ),
    ...[-1, "20%", null].map((setWeight) =>
      step(
        { setWeight },
        invalid(
          at("steps[0].setWeight"),
          `expected a weight, such as 20 for 20 %, got ${JSON.stringify(setWeight)}`,
        ),
      ),
    ),
    ...[1_001, 0.05].map((setWeight) =>
      canary(
        { maxTrafficWeight: 1_000, steps: [{ setWeight }] },
        invalid(
          at("steps[0].setWeight"),
          `expected a weight from 0 to 1000, which is maxTrafficWeight, in steps of a hundredth of a per cent, got ${setWeight}`,
        ),
      ),
    ),
    ...["10 min", 1.5, true].map((duration) =>
      step(
        { pause: { duration } },
        invalid(at("steps[0].pause.duration"), `${pauseRule}, got ${JSON.stringify(duration)}`),
      ),
    ),
    ...["0s", "721h"].map((duration) =>
      step(
        { pause: { duration } },
        invalid(
          at("steps[0].pause.duration"),
          `expected a duration from 1s to 720h, got "${duration}"`,
        ),
      ),
    ),
    step(
      { pause: { duration: 0 } },
      invalid(at("steps[0].pause.duration"), "expected an integer from 1 to 2592000, got 0"),
    ),
    step({ pause: null }, invalid(at("steps[0].pause"), "expected an object, got null")),
    step({}, invalid(at("steps[0]"), stepRule)),
    step({ setWeight: 5, pause: {} }, invalid(at("steps[0]"), stepRule)),
    step(
      { setWieght: 5 },
      invalid(at("steps[0]"), stepRule),
      unknownField(
        at("steps[0].setWieght"),
        'this field is not known (did you mean "setWeight"?), and has no effect',
      ),
    ),
    step(
      { setWeight: 5, paus: {} },
      invalid(
        at("steps[0].paus"),
        'this field is not known (did you mean "pause"?), and without pause the release goes on',
      ),
    ),
    step(
      { setCanaryScale: { weight: 5 } },
      invalid(at("steps[0]"), stepRule),
      unknownField(at("steps[0].setCanaryScale"), "this field is not known, and has no effect"),
    ),
  ])("$value", expectCase);

  it("may be warned of: steps that go back", () => {
    const steps = [5, 20, 10, 10, 50].map((setWeight) => ({ setWeight }));
    expectCase(
      canary(
        { steps },
        `warning VALUE_INVALID ${at("steps[2].setWeight")}: goes back from 20: users who have seen the canary lose it`,
      ),
    );
  });

  it("has a bounded number of steps", () => {
    const { rolloutSteps } = limits.decode;
    const steps = Array.from({ length: rolloutSteps + 1 }, () => ({ setWeight: 5 }));
    expectCase(canary({ steps: steps.slice(1) }));
    const tooMany = `expected at most ${rolloutSteps} steps, got a list`;
    expectCase(canary({ steps }, invalid(at("steps"), tooMany)));
  });
});

const header = (headerValue: object) => ({
  setHeaderRoute: { name: "r", match: [{ headerName: "X-A", headerValue }] },
});
const headerAt = (path: string) => at(`steps[0].setHeaderRoute.match[0].headerValue${path}`);
const mirrorAt = (path: string) => at(`steps[0].setMirrorRoute.${path}`);

describe("a route of a step that is wrong", () => {
  it.each([
    step(
      { setHeaderRoute: { match: [{ headerName: "a b", headerValue: { exact: "1" } }] } },
      invalid(at("steps[0].setHeaderRoute.name"), `${nameRule}, but it is missing`),
      invalid(
        at("steps[0].setHeaderRoute.match[0].headerName"),
        'expected a header name, got "a b"',
      ),
    ),
    ...[{}, { exact: "a", prefix: "b" }].map((value) =>
      step(header(value), invalid(headerAt(""), "expected one of exact, regex and prefix")),
    ),
    step(header({ exact: "a", suffix: "b" }), invalid(headerAt(".suffix"), strict)),
    step(
      header({ regex: "(?=a)" }),
      invalid(headerAt(".regex"), 'RE2 has no lookahead or lookbehind, got "(?=a)"'),
    ),
    step(
      { setMirrorRoute: { name: "m", percentage: 101, match: [{ host: { exact: "a" } }] } },
      invalid(mirrorAt("match[0].host"), strict),
      invalid(mirrorAt("match[0]"), "expected a method, a path or headers"),
      invalid(mirrorAt("percentage"), `${percentRule}, got 101`),
    ),
    step(
      { setMirrorRoute: { name: "m", match: [{ headers: {} }] } },
      invalid(mirrorAt("match[0].headers"), "expected at least one header, got an object"),
    ),
    step(
      { setMirrorRoute: { name: "m", match: [{ headers: { "X-A": { regex: "[" } } }] } },
      invalid(
        mirrorAt("match[0].headers.X-A.regex"),
        'expected a regular expression that RE2 can read, got "["',
      ),
    ),
  ])("$value", expectCase);

  it.each([
    [
      { exact: "shop" },
      ".exact",
      'expected a URL path that starts with "/", without a query, got "shop"',
    ],
    [
      { prefix: "/a?b" },
      ".prefix",
      'expected a URL path that starts with "/", without a query, got "/a?b"',
    ],
    [{ regex: "/(" }, ".regex", 'expected a regular expression that RE2 can read, got "/("'],
  ])("is a mirror of the path %j", (path, field, reason) => {
    const value = { setMirrorRoute: { name: "m", match: [{ path }] } };
    expectCase(step(value, invalid(mirrorAt(`match[0].path${field}`), reason)));
  });

  it("has a bounded number of matches over all routes in force", () => {
    const { managedMatches, managedRoutes } = limits.decode;
    const match = Array.from({ length: managedMatches }, (_, n) => ({
      headerName: `x-${n}`,
      headerValue: { exact: "1" },
    }));
    const named = (name: string, of: readonly object[] = match) => ({
      setHeaderRoute: { name, match: of },
    });
    const full = [named("a"), named("b")];
    expect(full.length * managedMatches).toBe(managedRoutes);
    expectCase(canary({ steps: [...full, named("b"), named("a", []), named("c")] }));
    const message =
      `with it the release has ${managedRoutes + managedMatches} matches of its routes in force, ` +
      `and ${managedRoutes} fit`;
    expectCase(canary({ steps: [...full, named("c")] }, invalid(at("steps[2]"), message)));
  });

  it("is a prefix that Envoy would not take", () => {
    const prefix = "a".repeat(200);
    const { diagnostics } = decodeOne(key, withSteps(header({ prefix })));
    expect(diagnostics).toMatchObject([
      {
        severity: "error",
        path: headerAt(".prefix"),
        message: /^too large for Envoy: about 20\d /,
      },
    ]);
  });

  it("has a bounded number of matches, headers and expressions", () => {
    const { managedMatches, regexCharsPerRoute } = limits.decode;
    const many = Array.from({ length: managedMatches + 1 }, (_, n) => n);
    const match = many.map((n) => ({ headerName: `x-${n}`, headerValue: { exact: "1" } }));
    expectCase(
      step(
        { setHeaderRoute: { name: "r", match } },
        invalid(
          at("steps[0].setHeaderRoute.match"),
          `expected at most ${managedMatches} matches, got a list`,
        ),
      ),
    );
    const headers = Object.fromEntries(many.map((n) => [`x-${n}`, { exact: "1" }]));
    expectCase(
      step(
        { setMirrorRoute: { name: "m", match: [{ headers }] } },
        invalid(
          mirrorAt("match[0].headers"),
          `expected at most ${managedMatches} headers, got an object`,
        ),
      ),
    );
    const regex = `[${"a".repeat(498)}]`;
    const steps = Array.from({ length: 3 }, () => ({
      setHeaderRoute: {
        name: "r",
        match: many.slice(1).map(() => ({ headerName: "a", headerValue: { regex } })),
      },
    }));
    const { diagnostics } = decodeOne(key, withSteps(...steps));
    expect(diagnostics.map(({ message }) => message)).toEqual([
      `expected at most ${regexCharsPerRoute} characters of regular expressions in one rollout, got "${regex.slice(0, 63)}…"`,
    ]);
  });
});

const metric = { name: "errors", failureCondition: "result.ratio5xx > 0.05" };
const lists = "expected templates, metrics or both";

describe("an analysis of a rollout that is wrong", () => {
  it.each([
    step({ analysis: {} }, invalid(at("steps[0].analysis"), lists)),
    canary({ analysis: { templates: [], metrics: [] } }, invalid(at("analysis"), lists)),
    canary(
      { analysis: { metrics: [{ name: "a" }] } },
      invalid(
        at("analysis.metrics[0]"),
        "expected successCondition, failureCondition or both, or else compare",
      ),
    ),
    canary(
      { analysis: { metrics: [metric], startingStep: -1 } },
      invalid(at("analysis.startingStep"), "expected an integer from 0 to 1000, got -1"),
    ),
    canary(
      { analysis: { metrics: [metric], startingStep: 1 } },
      invalid(
        at("analysis.startingStep"),
        "there are 1 steps, counted from 0: the analysis would never begin",
      ),
    ),
    caseOf(
      key,
      {
        strategy: { canary: { ...subsets, analysis: { metrics: [metric], startingStep: 3 } } },
        preset: "Canary10Percent5Minutes",
      },
      invalid(
        at("analysis.startingStep"),
        "there are 3 steps, counted from 0: the analysis would never begin",
      ),
    ),
    canary(
      { analysis: { templates: [{ templateName: "a" }, { templateName: "a" }] } },
      invalid(at("analysis.templates[1].templateName"), "names a template twice"),
    ),
    canary(
      { analysis: { templates: [{ name: "a" }] } },
      invalid(at("analysis.templates[0].templateName"), `${nameRule}, but it is missing`),
      unknownField(at("analysis.templates[0].name"), "this field is not known, and has no effect"),
    ),
    canary(
      { analyses: { metrics: [metric] } },
      invalid(
        at("analyses"),
        'this field is not known (did you mean "analysis"?), and without analysis the release is not watched',
      ),
    ),
    canary(
      { analysis: { metrics: [{ ...metric, failureCondition: "result.error > 1" }] } },
      `warning VALUE_INVALID ${at("analysis.metrics[0].failureCondition")}: proxies have no figure error (did you mean "errors"?): it is unknown until backends report it`,
    ),
    step(
      { analysis: { metrics: [metric] } },
      invalid(
        at("steps[0].analysis.metrics"),
        "the metric errors has no count, and a step has to end: the rollout stays as it was before, and one that is new does not begin",
      ),
    ),
  ])("$value", expectCase);

  it("has a bounded number of templates", () => {
    const { analysisTemplates } = limits.decode;
    const templates = Array.from({ length: analysisTemplates + 1 }, (_, n) => ({
      templateName: `t${n}`,
    }));
    const tooMany = `expected at most ${analysisTemplates} templates, got a list`;
    expectCase(canary({ analysis: { templates } }, invalid(at("analysis.templates"), tooMany)));
  });
});

const hook = { name: "qa", url: "http://127.0.0.1:9/" };
const freeze = { kind: "deny", schedule: "0 0 * * *", duration: "1h" };
const misspelt = (name: string, meant: string, consequence: string) =>
  invalid(name, `this field is not known (did you mean "${meant}"?), and ${consequence}`);

describe("what stands beside the strategy", () => {
  it.each([
    field(
      { paused: "yes", progressDeadlineSeconds: 0, progressDeadlineAbort: 1 },
      invalid("paused", 'expected true or false, got "yes"'),
      invalid("progressDeadlineSeconds", "expected an integer from 1 to 604800, got 0"),
      invalid("progressDeadlineAbort", "expected true or false, got 1"),
    ),
    field(
      { webhooks: [{ ...hook, type: "confirm", timeout: "6m" }, hook] },
      invalid(
        "webhooks[0].type",
        'expected one of "confirm-rollout", "pre-rollout", "rollout", "confirm-traffic-increase", "confirm-promotion", "post-rollout", "rollback", "event", got "confirm"',
      ),
      invalid("webhooks[0].timeout", 'expected a duration from 100ms to 5m, got "6m"'),
    ),
    field({ webhooks: [hook, hook] }, invalid("webhooks[1].name", "names a webhook twice")),
    field(
      { webhooks: [{ name: "a" }] },
      invalid("webhooks[0].url", "expected an http or https URL, but it is missing"),
    ),
    field(
      { windows: [{ ...freeze, kind: "block", duration: "30s", timeZone: "Europe/Berln" }] },
      invalid("windows[0].kind", 'expected one of "allow", "deny", got "block"'),
      invalid("windows[0].duration", 'expected a duration from 1m to 744h, got "30s"'),
      invalid(
        "windows[0].timeZone",
        'expected a time zone of the IANA database, such as "Europe/Berlin", got "Europe/Berln"',
      ),
    ),
    field(
      { windows: [{ ...freeze, schedule: "0 18 * *" }] },
      invalid(
        "windows[0].schedule",
        'expected five fields: minute, hour, day of the month, month and day of the week, got "0 18 * *"',
      ),
    ),
    field(
      { windows: [{ ...freeze, schedule: "0 25 * * *" }] },
      invalid(
        "windows[0].schedule",
        'expected for the hour "*", numbers from 0 to 23, ranges such as 1-5, or steps such as */2, got "0 25 * * *"',
      ),
    ),
    field(
      { windows: [{ ...freeze, schedule: `0 0 ${"1,".repeat(200)}1 * *` }] },
      invalid(
        "windows[0].schedule",
        `expected a cron schedule of five fields, such as "0 18 * * FRI", got "0 0 ${"1,".repeat(29)}1…"`,
      ),
    ),
    field(
      { guard: [{ subset: "v1" }, { name: "b", subset: "v2" }] },
      invalid("guard[0].subset", "the guard of a release is for its canary: leave the subset out"),
    ),
    field(
      { window: [] },
      misspelt("window", "windows", "without windows it may go on at any time"),
    ),
    field({ pause: true }, misspelt("pause", "paused", "without paused the release goes on")),
    field({ webhook: [] }, misspelt("webhook", "webhooks", "without webhooks nobody is asked")),
    field({ alert: [] }, misspelt("alert", "alerts", "without alerts nobody is told")),
    field(
      { replicas: 5, revisionHistoryLimit: 2 },
      unknownField("replicas", "this field is not known, and has no effect"),
      unknownField("revisionHistoryLimit", "this field is not known, and has no effect"),
    ),
    caseOf(
      "rollouts/web/a",
      {},
      `error KEY_INVALID : the name after the first "/" must consist of letters, digits, '-', '_' and '.', at most 253, with a letter or digit at the ends`,
    ),
  ])("$value", expectCase);

  it("comes in bounded numbers", () => {
    const { webhooks, windows } = limits.decode;
    const hooks = Array.from({ length: webhooks + 1 }, (_, n) => ({ ...hook, name: `h${n}` }));
    const tooManyHooks = `expected at most ${webhooks} webhooks, got a list`;
    expectCase(field({ webhooks: hooks }, invalid("webhooks", tooManyHooks)));
    const freezes = Array.from({ length: windows + 1 }, () => freeze);
    const tooManyWindows = `expected at most ${windows} windows, got a list`;
    expectCase(field({ windows: freezes }, invalid("windows", tooManyWindows)));
  });
});
