import { describe, expect, it } from "vitest";
import { regexProblem } from "../../../src/store/schema/regex.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const routeOf = (value: unknown) => [...decodeOne("routes/web", value).state.routes.values()][0];
const matching = (match: unknown) => ({ rules: [{ matches: [match] }] });
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
      name: "web",
      hostnames: ["web.example", "*.example", "*"],
      rules: [
        {
          matches: [
            {
              path: { kind: "prefix", value: "/" },
              headers: [{ name: "x-stage", kind: "exact", value: "Canary" }],
            },
          ],
          backendRefs: [
            { service: "web", subset: undefined, weight: 1 },
            { service: "web", subset: "v2", weight: 0 },
          ],
        },
        { matches: [{ path: { kind: "prefix", value: "/" }, headers: [] }], backendRefs: [] },
      ],
      origin: "routes/web",
      createRevision: 1n,
    });
  });

  it("leave out a match with a condition that is not in force, rather than match too much", () => {
    const value = {
      parentRefs: [{ name: "edge", sectionName: "http" }],
      rules: [
        { matches: [{ cookies: [{ name: "a", value: "b" }] }], ...to("v2") },
        { matches: [{ header: [] }, { path: { value: "/a" } }], hashSplit: {}, ...to("v2") },
        { backendRefs: [{ name: "web", port: 80 }] },
      ],
    };
    expect(complaints("routes/web", value)).toEqual([
      "warning FIELD_UNKNOWN parentRefs: this field is known but not in force yet, and has no effect",
      "warning FIELD_UNKNOWN rules[0].matches[0].cookies: this field is known but not in force yet, so this match is left out",
      'warning FIELD_UNKNOWN rules[1].matches[0].header: this field is not known (did you mean "headers"?), so this match is left out',
      "warning FIELD_UNKNOWN rules[1].hashSplit: this field is known but not in force yet, and has no effect",
      "warning FIELD_UNKNOWN rules[2].backendRefs[0].port: this field is known but not in force yet, and has no effect",
    ]);
    expect(
      routeOf(value)?.rules.map(({ matches }) => matches.map(({ path }) => path.value)),
    ).toEqual([["/a"], ["/"]]);
  });

  it.each([
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
      {
        rules: [
          {
            matches: [
              {
                headers: [
                  { name: "A", value: "1" },
                  { name: "a", value: "2" },
                ],
              },
            ],
          },
        ],
      },
      "rules[0].matches[0].headers[1].name",
      "names a header twice in one match",
    ],
    [
      { rules: [{ backendRefs: [{ name: "web" }, { name: "web", weight: 0.5 }] }] },
      "rules[0].backendRefs[1].weight",
      "expected an integer from 0 to 1000000, got 0.5",
    ],
    [
      { rules: [{ backendRefs: [{ name: "web", kind: "Bucket" }] }] },
      "rules[0].backendRefs[0].kind",
      'expected "Service", got "Bucket"',
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
});
