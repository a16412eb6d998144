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

describe("regular expressions", () => {
  it.each([
    ".+",
    "(?i)canary|beta",
    "(?i:a)b",
    "(?P<id>[0-9]+)",
    "[[:alpha:]]+",
    "[(?=]x",
    "\\(\\?=",
    "a{1,1000}",
    "\\d+\\.\\w*",
    "\\\\1",
    "[\\]\\1-]",
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
    ["a++", "expected a regular expression that RE2 can read"],
    ["(a", "expected a regular expression that RE2 can read"],
    ["", "expected a regular expression, got an empty text"],
    ["a".repeat(1025), "expected at most 1024 characters of regular expression"],
  ])("%s is refused", (pattern, reason) => {
    expect(regexProblem(pattern)).toBe(reason);
  });
});
