import { describe, expect, it } from "vitest";
import { everyRequest, plainBackend, plainRule } from "../../../src/model/route.ts";
import { regexProblem } from "../../../src/store/schema/regex.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const routeOf = (value: unknown) => [...decodeOne("routes/web", value).state.routes.values()][0];
const matching = (match: unknown) => ({ rules: [{ matches: [match] }] });
const pathRefused = (path: object, message: string): readonly [object, string, string] => [
  matching({ path }),
  "rules[0].matches[0].path.value",
  message,
];
const to = (subset: string) => ({ backendRefs: [{ name: "web", subset }] });

describe("routes", () => {
  it("fill in the defaults of the Gateway API", () => {
    const value = {
      hostnames: ["Web.Example", "web.example", "*.Example", "*"],
      rules: [
        {
          matches: [{ path: {}, headers: [{ name: "X-Stage", value: "Canary" }] }],
          backendRefs: [{ name: "web" }, { name: "web", subset: "v2", weight: 0 }],
        },
        {},
      ],
    };
    expect(complaints("routes/web", value)).toEqual([]);
    expect(routeOf(value)).toEqual({
      kind: "http",
      name: "web",
      hostnames: ["web.example", "*.example", "*"],
      parentRefs: [],
      rules: [
        {
          ...plainRule,
          matches: [
            { ...everyRequest, headers: [{ name: "x-stage", kind: "exact", value: "Canary" }] },
          ],
          backendRefs: [
            { ...plainBackend, service: "web", subset: undefined },
            { ...plainBackend, service: "web", subset: "v2", weight: 0 },
          ],
        },
        plainRule,
      ],
      origin: "routes/web",
      createRevision: 1n,
    });
  });

  it("match by path, method, headers, query parameters and cookies", () => {
    const match = {
      path: { type: "Exact", value: "/cart" },
      method: "PATCH",
      headers: [
        { name: "X-A", value: "1" },
        { name: "x-b", type: "RegularExpression", value: "[0-9]+" },
      ],
      queryParams: [{ name: "Page", type: "Exact", value: "2" }],
      cookies: [{ name: "Stage", type: "RegularExpression", value: "canary|beta" }],
    };
    expect(complaints("routes/web", matching(match))).toEqual([]);
    expect(routeOf(matching(match))?.rules[0]?.matches).toEqual([
      {
        path: { kind: "exact", value: "/cart" },
        method: "PATCH",
        headers: [
          { name: "x-a", kind: "exact", value: "1" },
          { name: "x-b", kind: "regex", value: "[0-9]+" },
        ],
        queryParams: [{ name: "Page", kind: "exact", value: "2" }],
        cookies: [{ name: "Stage", kind: "regex", value: "canary|beta" }],
      },
    ]);
  });

  it("count the first of several conditions on one name", () => {
    const value = matching({
      headers: [
        { name: "X-A", value: "1" },
        { name: "x-a", value: "2" },
      ],
      queryParams: [
        { name: "q", value: "1" },
        { name: "Q", value: "2" },
        { name: "q", value: "3" },
      ],
    });
    const said = "was named before in this match: only the first one counts";
    expect(complaints("routes/web", value)).toEqual([
      `warning FIELD_UNKNOWN rules[0].matches[0].headers[1].name: ${said}`,
      `warning FIELD_UNKNOWN rules[0].matches[0].queryParams[2].name: ${said}`,
    ]);
    expect(routeOf(value)?.rules[0]?.matches[0]).toMatchObject({
      headers: [{ name: "x-a", value: "1" }],
      queryParams: [
        { name: "q", value: "1" },
        { name: "Q", value: "2" },
      ],
    });
  });

  it("leave out a match with a condition that is not known, rather than match too much", () => {
    const value = {
      rules: [
        { matches: [{ sourceIp: "10.0.0.1" }], ...to("v1") },
        { matches: [{ header: [] }, { path: { value: "/a" } }], ...to("v2") },
        { matches: [{ headers: [{ name: "a", value: "b", invert: true }] }], ...to("v3") },
        { matches: [{ path: { value: "/c", ignoreCase: true } }], ...to("v4") },
      ],
    };
    const leftOut = "so this match is left out";
    expect(complaints("routes/web", value)).toEqual([
      `warning FIELD_UNKNOWN rules[0].matches[0].sourceIp: this field is not known, ${leftOut}`,
      `warning FIELD_UNKNOWN rules[1].matches[0].header: this field is not known (did you mean "headers"?), ${leftOut}`,
      `warning FIELD_UNKNOWN rules[2].matches[0].headers[0].invert: this field is not known, ${leftOut}`,
      `warning FIELD_UNKNOWN rules[3].matches[0].path.ignoreCase: this field is not known, ${leftOut}`,
    ]);
    expect(
      routeOf(value)?.rules.map(({ matches }) => matches.map(({ path }) => path.value)),
    ).toEqual([["/a"]]);
  });

  it("belong to gateways and services, and never to more of them than were named", () => {
    const value = {
      parentRefs: [
        { name: "edge" },
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: "in",
          sectionName: "a",
          port: 80,
        },
        { kind: "Service", name: "cart", port: 8080 },
        { group: "gateway.networking.k8s.io", kind: "ListenerSet", name: "more" },
      ],
      useDefaultGateways: "All",
      rules: [],
    };
    expect(complaints("routes/web", value)).toEqual([
      "warning VALUE_INVALID parentRefs[3]: only a Gateway or a Service has routes: the route does not belong to this one",
      "warning FIELD_UNKNOWN useDefaultGateways: no gateway is a default one: this field has no effect",
    ]);
    const gateway = { kind: "gateway", listener: undefined, port: undefined };
    expect(routeOf(value)?.parentRefs).toEqual([
      { ...gateway, gateway: "edge" },
      { kind: "gateway", gateway: "in", listener: "a", port: 80 },
      { kind: "service", service: "cart" },
      { ...gateway, gateway: "gateway.networking.k8s.io/ListenerSet/more" },
    ]);
  });

  it("have backends that are no services, with a reason, and ignore namespaces", () => {
    const value = {
      parentRefs: [{ name: "edge", namespace: "infra" }],
      rules: [
        {
          backendRefs: [
            { group: "", kind: "Service", name: "web", port: 80, namespace: "shop", weight: 3 },
            { group: "multicluster.x-k8s.io", kind: "ServiceImport", name: "web" },
            {
              name: "web",
              subset: "v2",
              filters: [
                { type: "RequestHeaderModifier", requestHeaderModifier: { remove: ["X-A"] } },
                { type: "URLRewrite", urlRewrite: {} },
              ],
            },
          ],
        },
      ],
    };
    const imported =
      "serin has no backends of the kind ServiceImport of the group multicluster.x-k8s.io";
    const rewritten = "serin has no filter of the type URLRewrite for one backend";
    expect(complaints("routes/web", value)).toEqual([
      `warning VALUE_INVALID rules[0].backendRefs[1]: ${imported}: its share goes to the other backends; without one, requests are answered with 500`,
      `warning VALUE_INVALID rules[0].backendRefs[2]: ${rewritten}: its share goes to the other backends; without one, requests are answered with 500`,
      "warning FIELD_UNKNOWN parentRefs[0].namespace: names are flat: namespaces of references are ignored",
    ]);
    const web = { ...plainBackend, service: "web", subset: undefined };
    expect(routeOf(value)?.rules[0]?.backendRefs).toEqual([
      { ...web, weight: 3 },
      { ...web, invalid: imported },
      {
        ...web,
        subset: "v2",
        invalid: rewritten,
        requestHeaders: { set: [], add: [], remove: ["x-a"] },
      },
    ]);
  });

  it.each<readonly [object | string, string, string]>([
    [{}, "rules", "expected a list, but it is missing"],
    [
      { rules: [], hostnames: ["web:80"] },
      "hostnames[0]",
      'expected a hostname without a port, "*.suffix" or "*", got "web:80"',
    ],
    [
      matching({ path: { value: "a" } }),
      "rules[0].matches[0].path.value",
      'expected a URL path that starts with "/", without a query, got "a"',
    ],
    [
      matching({ path: { value: "/a?b=c" } }),
      "rules[0].matches[0].path.value",
      'expected a URL path that starts with "/", without a query, got "/a?b=c"',
    ],
    [
      matching({ path: { value: "/a/../b" } }),
      "rules[0].matches[0].path.value",
      'a path must not contain "//", "/./", "/../" or "%2f"',
    ],
    ...[
      { value: "/%7Euser", plain: "/~user" },
      { value: "/%41%2Db%c3%A4", plain: "/A-b%c3%A4" },
      { value: "/a%2eb", plain: "/a.b" },
    ].map(({ value, plain }) =>
      pathRefused(
        { type: "Exact", value },
        `letters, digits, "-", ".", "_" and "~" are matched unescaped: write ${plain}, got "${value}"`,
      ),
    ),
    ...["/a%5cb", "/a%5Cb", "/a%00b"].map((value) =>
      pathRefused({ value }, 'no path that is matched contains "%5c" or "%00"'),
    ),
    ...["/a/%2e", "/a/%2E./b", "/a/..;x/b"].map((value) =>
      pathRefused({ value }, 'a path must not contain "." or ".." as a segment'),
    ),
    [
      matching({ path: { type: "Prefix", value: "/" } }),
      "rules[0].matches[0].path.type",
      'expected one of "Exact", "PathPrefix", "RegularExpression", got "Prefix"',
    ],
    [
      matching({ headers: [{ name: ":path", value: "a" }] }),
      "rules[0].matches[0].headers[0].name",
      'expected a header name, got ":path"',
    ],
    [
      matching({ headers: [{ name: "a", value: "a\r\nb" }] }),
      "rules[0].matches[0].headers[0].value",
      'expected a string of 1 to 4096 characters without control characters, got "a\\r\\nb"',
    ],
    [
      matching({ headers: [{ name: "a", type: "RegularExpression", value: "(?=b)" }] }),
      "rules[0].matches[0].headers[0].value",
      'RE2 has no lookahead or lookbehind, got "(?=b)"',
    ],
    [
      matching({
        cookies: [
          { name: "a", value: "1" },
          { name: "a", value: "2" },
        ],
      }),
      "rules[0].matches[0].cookies[1].name",
      "names a cookie twice in one match",
    ],
    [
      matching({ cookies: [{ name: "a;b", value: "1" }] }),
      "rules[0].matches[0].cookies[0].name",
      'expected a cookie name, got "a;b"',
    ],
    [
      matching({ queryParams: [{ name: "", value: "1" }] }),
      "rules[0].matches[0].queryParams[0].name",
      'expected a string of 1 to 256 characters without control characters, got ""',
    ],
    [
      matching({ method: "get" }),
      "rules[0].matches[0].method",
      'expected one of "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", got "get"',
    ],
    [
      matching({ queryParams: [{ name: "a", type: "RegularExpression", value: "(" }] }),
      "rules[0].matches[0].queryParams[0].value",
      'expected a regular expression that RE2 can read, got "("',
    ],
    [
      matching({ cookies: [{ name: "a", type: "RegularExpression", value: "a{200}" }] }),
      "rules[0].matches[0].cookies[0].value",
      "too large for Envoy",
    ],
    [{ rules: [{ name: "a" }, {}, { name: "a" }] }, "rules[2].name", "names a rule twice"],
    [
      { parentRefs: [{ name: "a/b" }], rules: [] },
      "parentRefs[0].name",
      "expected a name of letters, digits, '-', '_' and '.'",
    ],
    [
      { rules: [{ backendRefs: [{ name: "web" }, { name: "web", weight: 0.5 }] }] },
      "rules[0].backendRefs[1].weight",
      "expected an integer from 0 to 1000000, got 0.5",
    ],
  ])("refuse %j", (value, path, message) => {
    const [first] = complaints("routes/web", value);
    expect(first).toContain(`error VALUE_INVALID ${path}: ${message}`);
    expect(routeOf(value)).toBeUndefined();
  });
});

const tooLarge = (instructions: number) =>
  `too large for Envoy: about ${instructions} instructions, at most 100; a counted repetition is ` +
  "written out, and each range of a class counts: use + or * for {n,m}";
const bytesOnly =
  "Envoy matches bytes: of \\p{…} only general categories such as \\p{Lu} are taken";

describe("regular expressions", () => {
  it.each([
    ".+",
    "(?i)canary|beta",
    "(?i:a)b",
    "(?P<id>[0-9]+)",
    "[[:alpha:]]+",
    "[(?=]x",
    "\\(\\?=",
    "a{1,30}",
    "a{90}",
    "[{500}]\\{500}",
    "[[:^alpha:]]\\pL\\p{Lu}\\P{^Nd}\\x{E9}\\x41",
    "[é-ü]+",
    "\\Q(a\\E",
    "\\d+\\.\\w*",
    "\\\\1",
    "[\\](\\-]",
  ])("%s is fine", (pattern) => {
    expect(regexProblem(pattern)).toBeUndefined();
  });

  it.each([
    ["a(?!b)", "RE2 has no lookahead or lookbehind"],
    ["(?<=a)b", "RE2 has no lookahead or lookbehind"],
    ["(a)\\1", "RE2 has no backreferences"],
    ["(?<x>a)\\k<x>", "RE2 has no backreferences"],
    ["\\\\\\1", "RE2 has no backreferences"],
    ["(?>a)", "RE2 has no atomic groups"],
    ["a{1001}", "RE2 repeats at most 1000 times"],
    ["a{1,1001}", "RE2 repeats at most 1000 times"],
    ["^[a-z]{200}$", tooLarge(200)],
    ["^[a-zA-Z0-9]{1,128}$", tooLarge(128)],
    ["[a-zA-Z0-9]{50}", tooLarge(104)],
    ["(?:ab?c){30}", tooLarge(124)],
    ["(a{1000}){1000}", tooLarge(1000)],
    ["(a{50}){50}", "expected a regular expression that RE2 can read"],
    ["[[:foo:]]+", "expected a regular expression that RE2 can read"],
    ["a\\u0041", "expected a regular expression that RE2 can read"],
    ["[a-\\d]", "expected a regular expression that RE2 can read"],
    ["\\cA", "expected a regular expression that RE2 can read"],
    ["\\p{Foo}", bytesOnly],
    ["[\\p{Greek}]", bytesOnly],
    ["\\x{400}", "Envoy matches bytes, and \\x{400} is beyond \\x{FF}"],
    ["[\\400]", "Envoy matches bytes, and \\400 is beyond \\x{FF}"],
    ["a++", "expected a regular expression that RE2 can read"],
    ["(a", "expected a regular expression that RE2 can read"],
    ["", "expected a regular expression, got an empty text"],
    ["a".repeat(1025), "expected at most 1024 characters of regular expression"],
  ])("%s is refused", (pattern, reason) => {
    expect(regexProblem(pattern)).toBe(reason);
  });

  it("are looked at in every match and header, and only so many characters of one route", () => {
    const regex = (value: string) => ({ type: "RegularExpression", value });
    const rule = (path: object, ...headers: object[]) => ({ matches: [{ path, headers }] });
    const bad = { rules: [rule(regex("/"), { name: "x", ...regex("a{200}") }), rule(regex("("))] };
    expect(complaints("routes/web", bad).map((text) => text.slice(0, 100))).toEqual([
      expect.stringContaining("rules[0].matches[0].headers[0].value: too large for Envoy"),
      expect.stringContaining("rules[1].matches[0].path.value: expected a regular expression"),
    ]);
    const hostile = {
      matches: Array.from({ length: 64 }, () => ({ path: regex("\\pL{99}".repeat(146)) })),
    };
    const before = performance.now();
    const refused = complaints("routes/web", { rules: [hostile] });
    expect(performance.now() - before).toBeLessThan(4_000);
    expect(refused).toHaveLength(16);
    expect(refused[0]).toContain("too large for Envoy");
    const small = { matches: [{ path: regex("a".repeat(90)) }] };
    const many = complaints("routes/web", { rules: Array.from({ length: 64 }, () => small) });
    expect(many).toEqual([]);
    const matches = Array.from({ length: 4 }, () => ({ path: regex("a".repeat(90)) }));
    const [found] = complaints("routes/web", {
      rules: Array.from({ length: 64 }, () => ({ matches })),
    });
    expect(found).toContain("expected at most 16384 characters of regular expressions");
  });
});

describe("lists and splits", () => {
  const many = (length: number) => Array.from({ length }, (_, index) => `n${index}`);
  const weights = (length: number) => Object.fromEntries(many(length).map((name) => [name, 1]));
  const subsets = (length: number) => ({ subsets: many(length).map((name) => ({ name })) });
  const rule = (of: object, length = 1) => ({ rules: Array.from({ length }, () => of) });
  const listeners = (length: number) => ({
    listeners: many(length).map((name, index) => ({ name, port: index + 1 })),
  });
  const header = (name: string) => ({ name, value: "1" });

  it.each([
    ["weights/web", "", weights],
    ["services/web", "subsets", subsets],
    ["gateways/edge", "listeners", listeners],
    ["routes/web", "hostnames", (n: number) => ({ hostnames: many(n), rules: [] })],
    ["routes/web", "rules", (n: number) => rule({}, n)],
    ["routes/web", "rules[0].matches", (n: number) => rule({ matches: many(n).map(() => ({})) })],
    [
      "routes/web",
      "rules[0].backendRefs",
      (n: number) => rule({ backendRefs: many(n).map((name) => ({ name })) }),
    ],
    [
      "routes/web",
      "rules[0].matches[0].headers",
      (n: number) => rule({ matches: [{ headers: many(n).map(header) }] }),
    ],
  ])("of %s %s have at most 64 elements", (key, path, value) => {
    expect(complaints(key, value(64))).toEqual([]);
    const [first, ...more] = complaints(key, value(65));
    expect(first).toContain(`error VALUE_INVALID ${path}: expected at most 64`);
    expect(more).toEqual([]);
    expect(complaints(key, value(2_000))[0]).toContain("at most 64");
  });

  const matchOf = (match: object) => rule({ matches: [match] });
  const filter = (type: string, field: string, value: object) =>
    rule({ filters: [{ type, [field]: value }] });

  it.each([
    [
      "parentRefs",
      64,
      (n: number) => ({ parentRefs: many(n).map((name) => ({ name })), rules: [] }),
    ],
    [
      "rules[0].matches[0].queryParams",
      64,
      (n: number) => matchOf({ queryParams: many(n).map(header) }),
    ],
    ["rules[0].matches[0].cookies", 16, (n: number) => matchOf({ cookies: many(n).map(header) })],
    [
      "rules[0].filters[0].requestHeaderModifier.set",
      64,
      (n: number) =>
        filter("RequestHeaderModifier", "requestHeaderModifier", { set: many(n).map(header) }),
    ],
    [
      "rules[0].filters[0].cors.allowOrigins",
      64,
      (n: number) =>
        filter("CORS", "cors", { allowOrigins: many(n).map((name) => `https://${name}`) }),
    ],
  ])("of routes/web %s have at most %d elements", (path, most, value) => {
    expect(complaints("routes/web", value(most))).toEqual([]);
    const [first, ...more] = complaints("routes/web", value(most + 1));
    expect(first).toContain(`error VALUE_INVALID ${path}: expected at most ${most}`);
    expect(more).toEqual([]);
  });
});

describe("a misspelt field that would make a route mean more", () => {
  it.each([
    [{ hostname: ["a"], rules: [] }, "hostname", "hostnames", "the route takes every host"],
    [
      { parentRef: [{ name: "edge" }], rules: [] },
      "parentRef",
      "parentRefs",
      "the route belongs to every gateway",
    ],
    [{ rules: [{ match: [] }] }, "rules[0].match", "matches", "the rule takes every request"],
  ])("is refused: %j", (value, path, meant, consequence) => {
    const { state, diagnostics } = decodeOne("routes/web", value);
    expect(state.routes.size).toBe(0);
    expect(diagnostics).toMatchObject([
      {
        severity: "error",
        path,
        message: `this field is not known (did you mean "${meant}"?), and without ${meant} ${consequence}`,
      },
    ]);
  });
});
