import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { Guard } from "../../../src/model/guard.ts";
import type { SubsetName } from "../../../src/model/names.ts";
import { caseOf, decodeOne, expectCase, invalid, unknownField } from "./decode-entries.ts";

const key = "services/web";

function guardsOf(value: unknown): readonly Guard[] | undefined {
  const [service] = decodeOne(key, value).state.services.values();
  return service?.settings.guard;
}

const condition = (figure: string, bound: number, text: string) => ({
  text,
  root: { kind: "compare" as const, figure, by: ">" as const, bound },
});

const usual: Guard = {
  name: "http-5xx",
  subset: undefined,
  provider: { kind: "envoy" },
  intervalMs: 4_000,
  lookbackMs: 120_000,
  minRequests: 20,
  confidence: 0.99,
  hardTrip: { minRequests: 10, ratio: 0.5 },
  failureCondition: condition("ratio5xx", 0.05, "result.ratio5xx > 0.05"),
  failureLimit: 0,
  onFailure: { setWeight: 0, latch: true, alerts: [] },
};

const webhook = { url: "https://alerts.example/x?token=1" };

describe("a guard", () => {
  it("is whole with nothing said of it", () => {
    expect(guardsOf({})).toEqual([]);
    expect(guardsOf({ guard: [] })).toEqual([]);
    expect(guardsOf({ guard: [{}] })).toEqual([usual]);
    expect(guardsOf({ guard: [{ hardTrip: {}, onFailure: {}, provider: { envoy: {} } }] })).toEqual(
      [usual],
    );
    expect(guardsOf("guard:\n  - {}\n")).toEqual([usual]);
  });

  it("is read whole, in the long form and in YAML too", () => {
    const spec = {
      guard: [
        {
          name: "slow",
          subset: "v2",
          interval: "10s",
          lookback: "10m",
          minRequests: 1,
          confidence: 0.9999,
          hardTrip: { minRequests: 5, ratio: 1 },
          failureCondition: "result > 2",
          failureLimit: 3,
          provider: { prometheus: { address: "http://prometheus:9090/base", query: "a\n/ b" } },
          onFailure: {
            setWeight: 0.5,
            latch: false,
            alerts: [
              {
                severity: "warn",
                webhook: { ...webhook, format: "dingtalk", secretEnv: "SERIN_ALERT_DING_1" },
              },
            ],
          },
        },
      ],
    };
    const expected: Guard = {
      name: "slow",
      subset: "v2" as SubsetName,
      provider: { kind: "prometheus", address: "http://prometheus:9090/base", query: "a\n/ b" },
      intervalMs: 10_000,
      lookbackMs: 600_000,
      minRequests: 1,
      confidence: 0.9999,
      hardTrip: { minRequests: 5, ratio: 1 },
      failureCondition: condition("", 2, "result > 2"),
      failureLimit: 3,
      onFailure: {
        setWeight: 0.5,
        latch: false,
        alerts: [
          {
            severity: "warn",
            webhook: { ...webhook, format: "dingtalk", secretEnv: "SERIN_ALERT_DING_1" },
          },
        ],
      },
    };
    expect(guardsOf(spec)).toEqual([expected]);
    expect(guardsOf({ apiVersion: "serin/v1", kind: "Service", spec })).toEqual([expected]);
    const yaml = `guard:
  - name: slow
    subset: v2
    interval: 10s
    lookback: 10m
    minRequests: 1
    confidence: 0.9999
    hardTrip: { minRequests: 5, ratio: 1 }
    failureCondition: result > 2
    failureLimit: 3
    provider:
      prometheus:
        address: http://prometheus:9090/base
        query: |-
          a
          / b
    onFailure:
      setWeight: 0.5
      latch: false
      alerts:
        - severity: warn
          webhook: { url: "${webhook.url}", format: dingtalk, secretEnv: SERIN_ALERT_DING_1 }
`;
    expect(guardsOf(yaml)).toEqual([expected]);
  });

  it.each([
    [{ hardTrip: false }, { hardTrip: undefined }],
    [{ hardTrip: { minRequests: 50 } }, { hardTrip: { minRequests: 50, ratio: 0.5 } }],
    [{ hardTrip: { ratio: 0.9 } }, { hardTrip: { minRequests: 10, ratio: 0.9 } }],
    [
      { failureCondition: "result.ratio5xx > 0.01" },
      { failureCondition: condition("ratio5xx", 0.01, "result.ratio5xx > 0.01") },
    ],
    [
      {
        provider: { web: { url: "http://a/b", jsonPath: "$.a[0]" } },
        failureCondition: "result > 1",
      },
      {
        provider: { kind: "web", url: "http://a/b", jsonPath: "$.a[0]" },
        failureCondition: condition("", 1, "result > 1"),
      },
    ],
    [
      {
        provider: { web: { url: "http://a/b", jsonPath: '{$.a["b c"][12].d-e}' } },
        failureCondition: "result > 1",
      },
      {
        provider: { kind: "web", url: "http://a/b", jsonPath: '$.a["b c"][12].d-e' },
        failureCondition: condition("", 1, "result > 1"),
      },
    ],
    [
      { onFailure: { alerts: [{ webhook }] } },
      {
        onFailure: {
          ...usual.onFailure,
          alerts: [
            {
              severity: "error",
              webhook: { ...webhook, format: "generic", secretEnv: undefined },
            },
          ],
        },
      },
    ],
  ])("may say %j", (written, expected) => {
    expect(guardsOf({ guard: [written] })).toEqual([{ ...usual, ...expected }]);
  });

  it("may be about a figure that backends report", () => {
    const text = "result.latency_ms > 300 && result.requests >= 100";
    expect(guardsOf({ guard: [{ failureCondition: text }] })?.[0]?.failureCondition.text).toBe(
      text,
    );
  });
});

const at = (path: string) => `guard[0].${path}`;
const one = (guard: object, ...expected: readonly string[]) =>
  caseOf(key, { guard: [guard] }, ...expected);
const alerting = (alert: object) => ({ onFailure: { alerts: [alert] } });
const alertUrl = at("onFailure.alerts[0].webhook.url");
const urlRule = "expected an http or https URL";
const secretRule =
  "expected the name of an environment variable of serin, which begins with SERIN_ALERT_ (then letters, digits and _), and never the secret itself";
const percentRule = "expected a percentage from 0 to 100 with at most two decimals";
const pathRule = 'expected a path to one value, such as "$.data.ratio" or "$.values[0]"';
const misspelt = (field: string, meant: string, consequence: string) =>
  invalid(at(field), `this field is not known (did you mean "${meant}"?), and ${consequence}`);

describe("a guard that is wrong", () => {
  it.each([
    caseOf(key, { guard: {} }, invalid("guard", "expected a list, got an object")),
    one(
      { interval: "999ms", lookback: "601s", minRequests: 0, confidence: 1 },
      invalid(at("interval"), 'expected a duration from 1s to 1h, got "999ms"'),
      invalid(at("lookback"), 'expected a duration from 1s to 10m, got "601s"'),
      invalid(at("minRequests"), "expected an integer from 1 to 1000000, got 0"),
      invalid(at("confidence"), "expected a number from 0.5 to 0.9999, got 1"),
    ),
    one({ hardTrip: true }, invalid(at("hardTrip"), "expected false or an object, got true")),
    one(
      { hardTrip: { minRequests: 0, ratio: 0 } },
      invalid(at("hardTrip.minRequests"), "expected an integer from 1 to 1000000, got 0"),
      invalid(at("hardTrip.ratio"), "expected a number above 0, to 1, got 0"),
    ),
    one(
      { failureLimit: -1 },
      invalid(at("failureLimit"), "expected an integer from 0 to 100, got -1"),
    ),
    one(
      { failureCondition: 5 },
      invalid(
        at("failureCondition"),
        'expected a condition such as "result.ratio5xx > 0.05", got 5',
      ),
    ),
    one(
      { failureCondition: "result.ratio5xx > 5%" },
      invalid(
        at("failureCondition"),
        "at character 20: expected `&&`, `||` or the end, found `%`; a ratio is a number, 0.05 for 5 %",
      ),
    ),
    one(
      { failureCondition: "result > 0.05" },
      invalid(
        at("failureCondition"),
        "proxies report figures with names: write result.ratio5xx, say, in place of result",
      ),
    ),
    one(
      { provider: { prometheus: { address: "http://p", query: "q" } } },
      invalid(
        at("failureCondition"),
        "this provider needs a condition on its figure, such as result > 0.05",
      ),
    ),
    one(
      {
        provider: { web: { url: "http://p", jsonPath: "$.a" } },
        failureCondition: "result.ratio5xx > 0.05",
      },
      invalid(
        at("failureCondition"),
        "this provider has one figure alone: write result, without a name behind it",
      ),
    ),
    ...[{}, { envoy: {}, web: { url: "http://a", jsonPath: "$.a" } }].map((provider) =>
      one(
        { provider, failureCondition: "result.requests > 5" },
        invalid(at("provider"), "expected one of envoy, prometheus and web"),
      ),
    ),
    ...["", "a.b", "$", "$.", "$..a", "$.a[x]", "{$.a", "$.a}", "$[?(@.a)]"].map((jsonPath) =>
      one(
        { provider: { web: { url: "http://a", jsonPath } }, failureCondition: "result > 5" },
        invalid(at("provider.web.jsonPath"), `${pathRule}, got ${JSON.stringify(jsonPath)}`),
      ),
    ),
    one(
      {
        provider: { prometheus: { address: "http://a", query: "up{job={{args.job}}}" } },
        failureCondition: "result > 5",
      },
      invalid(
        at("provider.prometheus.query"),
        "arguments such as {{args.name}} are not known here: write the value itself",
      ),
    ),
    one(
      {
        provider: { prometheus: { address: "localhost:9090", query: "" } },
        failureCondition: "result > 5",
      },
      invalid(at("provider.prometheus.address"), urlRule),
      invalid(
        at("provider.prometheus.query"),
        `expected a query of 1 to ${limits.decode.queryChars} characters, got ""`,
      ),
    ),
    one(
      { onFailure: { setWeight: 5, latch: true } },
      invalid(
        at("onFailure.latch"),
        "a version that is latched gets no traffic, so setWeight must be 0",
      ),
    ),
    ...[100.01, -1, 0.001].map((setWeight) =>
      one(
        { onFailure: { setWeight } },
        invalid(at("onFailure.setWeight"), `${percentRule}, got ${setWeight}`),
      ),
    ),
  ])("$value", expectCase);

  it.each([
    one(
      { faliureCondition: "result.errors > 1" },
      misspelt(
        "faliureCondition",
        "failureCondition",
        "without failureCondition the guard goes by 5 % of 5xx",
      ),
    ),
    one(
      { subst: "v2" },
      misspelt(
        "subst",
        "subset",
        "without subset the guard is about every subset but the stable one",
      ),
    ),
    one({ onFail: {} }, unknownField(at("onFail"), "this field is not known, and has no effect")),
    one(
      { onFailures: {} },
      misspelt(
        "onFailures",
        "onFailure",
        "without onFailure the weight becomes 0 and nobody is told",
      ),
    ),
    one(
      { onFailure: { alert: [] } },
      misspelt("onFailure.alert", "alerts", "without alerts nobody is told"),
    ),
    one(
      { minRequest: 5 },
      unknownField(
        at("minRequest"),
        'this field is not known (did you mean "minRequests"?), and has no effect',
      ),
    ),
    caseOf(
      key,
      { guards: [{}] },
      invalid(
        "guards",
        'this field is not known (did you mean "guard"?), and without guard no version is watched',
      ),
    ),
  ])("misspells a field: $value", expectCase);

  it("is of a subset that the service has", () => {
    const subsets = [{ name: "v1" }, { name: "v2" }];
    const wrong = invalid("guard[1].subset", "names no subset of this service");
    const guard = [{ subset: "v2" }, { name: "other", subset: "v9" }];
    expectCase(caseOf(key, { subsets, guard }, wrong));
    expectCase(caseOf(key, { guard }));
  });

  it("has a name of its own", () => {
    const twice = 'names a guard twice; one without a name is "http-5xx"';
    expectCase(caseOf(key, { guard: [{}, {}] }, invalid("guard[1].name", twice)));
    expectCase(
      caseOf(
        key,
        { guard: [{}, { name: "a" }, { name: "http-5xx" }] },
        invalid("guard[2].name", twice),
      ),
    );
    expectCase(caseOf(key, { guard: [{}, { name: "a" }] }));
  });

  it("is warned of a figure that is nearly one of the proxies'", () => {
    const doubt = (n: number, figure: string, meant: string) =>
      `warning VALUE_INVALID guard[${n}].failureCondition: proxies have no figure ${figure} ` +
      `(did you mean "${meant}"?): it is unknown until backends report it`;
    const guard = [
      { failureCondition: "result.ratio5x > 0.05" },
      { name: "b", failureCondition: 'result.request > 5 && result["error"] > 1' },
    ];
    expectCase(
      caseOf(
        key,
        { guard },
        doubt(0, "ratio5x", "ratio5xx"),
        doubt(1, "request", "requests"),
        doubt(1, "error", "errors"),
      ),
    );
  });

  it("is one of a bounded number, as its alerts are", () => {
    const { guards, alerts } = limits.decode;
    const many = Array.from({ length: guards + 1 }, (_, n) => ({ name: `g${n}` }));
    expectCase(caseOf(key, { guard: many.slice(1) }));
    expectCase(
      caseOf(
        key,
        { guard: many },
        invalid("guard", `expected at most ${guards} guards, got a list`),
      ),
    );
    const told = Array.from({ length: alerts + 1 }, () => ({ webhook }));
    expectCase(one({ onFailure: { alerts: told.slice(1) } }));
    expectCase(
      one(
        { onFailure: { alerts: told } },
        invalid(at("onFailure.alerts"), `expected at most ${alerts} alerts, got a list`),
      ),
    );
  });
});

describe("an alert that is wrong", () => {
  it.each([
    one(
      alerting({}),
      invalid(at("onFailure.alerts[0].webhook"), "expected an object, but it is missing"),
    ),
    one(
      alerting({ severity: "critical", webhook: { ...webhook, format: "teams" } }),
      invalid(
        at("onFailure.alerts[0].severity"),
        'expected one of "info", "warn", "error", got "critical"',
      ),
      invalid(
        at("onFailure.alerts[0].webhook.format"),
        'expected one of "generic", "slack", "dingtalk", "feishu", "wecom", got "teams"',
      ),
    ),
    one(alerting({ webhook: {} }), invalid(alertUrl, `${urlRule}, but it is missing`)),
    ...[
      ...["", "hooks.example/x", "ftp://a/b", "http:/a", "http://", "https://a b/c", "http://a\\b"],
      ...["file:///etc/passwd", "http://a/\nb", "http://[::1", "http://a:99999/"],
    ].map((url) => one(alerting({ webhook: { url } }), invalid(alertUrl, urlRule))),
    ...["https://user:pw@a.example/", "http://user@a.example/", "http://:pw@a.example/"].map(
      (url) =>
        one(
          alerting({ webhook: { url } }),
          invalid(
            alertUrl,
            "a URL must not contain a user name or a password, which everybody would see who reads the object",
          ),
        ),
    ),
    one(
      alerting({ webhook: { url: `http://a/${"x".repeat(limits.decode.urlChars)}` } }),
      invalid(alertUrl, `expected a URL of at most ${limits.decode.urlChars} characters`),
    ),
  ])("$value", expectCase);

  it.each([
    ["https://hooks.slack.com/services/T0/B0/token-9"],
    ["HTTP://[::1]:9000/"],
    ["http://127.0.0.1:9000"],
    ["https://oapi.dingtalk.com/robot/send?access_token=token-9"],
  ])("may go to %s", (url) => {
    expectCase(one(alerting({ webhook: { url } })));
  });

  it.each([
    ["SEC-5f0a9b", "a string"],
    ["$SECRET", "a string"],
    ["", "a string"],
    ["1A", "a string"],
    [`SERIN_ALERT_${"A".repeat(117)}`, "a string"],
    ["SERIN_ALERT_", "a string"],
    ["SERIN_ALERT_A-B", "a string"],
    ["SERIN_ETCD_PASSWORD", "a string"],
    ["serin_alert_key", "a string"],
    [20_251_130, "a number"],
  ])("does not repeat what stands for the secret: %j", (secretEnv, kind) => {
    const path = at("onFailure.alerts[0].webhook.secretEnv");
    const expected = invalid(path, `${secretRule}, got ${kind}`);
    expectCase(one(alerting({ webhook: { ...webhook, secretEnv } }), expected));
  });
});
