/** What decode takes of regular expressions is held against the RE2 of a real Envoy. */
import { describe, expect, it } from "vitest";
import { limits } from "../../src/config/limits.ts";
import { baggagePattern } from "../../src/lib/baggage.ts";
import { regexProblem } from "../../src/store/schema/regex.ts";
import { programSizeBound } from "../../src/store/schema/regex-size.ts";
import { validateBootstrap } from "../support/envoy.ts";
import { refusedRegexes } from "../support/garbage.ts";

/** Expressions of every form that decode takes. */
const taken = String.raw`
a ^a$ a* a+ a? a*? a+? a?? a|b ab|cd (a) (?:a) (?P<n>a) a||b (a|) . .* .+ (?s). (?s).* (?s).+ (?s).*? \pM* \pM
[ab] [^/] [^/]+ [a-z]{90} [a-zA-Z0-9]{40} a{2,} a{1,30} (a|b){9} (?:ab|cd){7} (?:a|a|b|b){5} (?:(?:\x41|){9})
(?:a*)* (?:a*b*)+ (?:a?b?c?)* (?:a|b*)*c (?:[^\W]+?)* (?:a+?)* (?:\S|[^/])* ([^\W])(?:[^a]|){0,} (?s)(?:\PN|^)*?
(?i)k (?i)abc (?i)[a-z0-9_]+ (?i)é é [é] [é-ü] 😀 ſ (?i:canary)|beta (?m)^a$ (?U)a+ \bfoo\b \Aa\z \B
\d+\.\w* \D \W \s \S \pL \PL \p{Lu} \p{^Lu} [\pL\d] [^\pL] \p{Latin} \p{Any}* [[:alpha:]]+ [[:^digit:]] [\w.-]+
\x41 \x{E9} \n\t\f\v\a \Qa.b*\E \\1 [(?=]x [{500}]\{500} foo|foobar|fooz /a|/a/b|/a/b/c ^/api/v[0-9]+/.*$
/users/[^/]+/orders/[0-9]+ ^/(?:de|en|fr)(?:/.*)?$ [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4} ^(?:[^;]*;)?canary=yes(?:;.*)?$
`
  .trim()
  .split(/\s+/);

/** Those that lanes lead to: up to the longest that decode takes, in plain characters and others. */
const ofLanes = [
  ["k", "a"],
  ["x-lane", "gray"],
  ["x-lane", "team/blue"],
  ["a.b+c|d", "~1"],
  ["x-lane", "feature_1234-a-new.checkout"],
  ...["aZ9", "a-b.", "+", "[]", "=/:"].map((unit) => ["k", longest(unit)]),
  [longest("k-"), "a"],
].map(([key = "", value = ""]) => baggagePattern(key, value));

function longest(unit: string): string {
  let text = unit;
  while (regexProblem(baggagePattern("k", text + unit)) === undefined) text += unit;
  return text;
}

/** One route for each: by path, and by header. */
function bootstrap(patterns: readonly string[], layer: object = {}): object {
  const answer = { direct_response: { status: 200 } };
  const routes = patterns.flatMap((regex, index) => [
    { match: { safe_regex: { regex } }, ...answer, name: `path ${index}` },
    {
      match: {
        prefix: "/",
        headers: [{ name: "x", string_match: { safe_regex: { regex } } }],
      },
      ...answer,
    },
  ]);
  const extensions = "type.googleapis.com/envoy.extensions.filters";
  const http = {
    "@type": `${extensions}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "x",
    route_config: { virtual_hosts: [{ name: "x", domains: ["*"], routes }] },
    http_filters: [
      { name: "router", typed_config: { "@type": `${extensions}.http.router.v3.Router` } },
    ],
  };
  const listener = {
    name: "x",
    address: { socket_address: { address: "127.0.0.1", port_value: 1 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: http }] }],
  };
  return {
    static_resources: { listeners: [listener] },
    layered_runtime: { layers: [{ name: "test", static_layer: layer }] },
  };
}

/** Envoy's own count of instructions; undefined where it cannot read the expression. */
async function sizeInEnvoy(pattern: string): Promise<number | undefined> {
  const none = { "re2.max_program_size.error_level": 0 };
  const answer = (await validateBootstrap(bootstrap([pattern], none))) ?? "";
  const size = /RE2 program size of (\d+) > max program size of 0/.exec(answer)?.[1];
  return size === undefined ? undefined : Number(size);
}

describe("Envoy", () => {
  it(`takes the ${taken.length} expressions that decode takes, in paths and headers`, async () => {
    expect(taken.filter((pattern) => regexProblem(pattern) !== undefined)).toEqual([]);
    expect(await validateBootstrap(bootstrap(taken))).toBeUndefined();
  });

  it("takes the expressions of lanes that decode takes, and refuses larger ones as decode does", async () => {
    expect(ofLanes.filter((pattern) => regexProblem(pattern) !== undefined)).toEqual([]);
    expect(await validateBootstrap(bootstrap(ofLanes))).toBeUndefined();
    const larger = [
      baggagePattern("x-lane", "a".repeat(80)),
      baggagePattern("x-lane", "!#$&'()*+-./:<=>?@[]^_`{|}~"),
    ];
    for (const pattern of larger) {
      expect(regexProblem(pattern), pattern).toBeDefined();
      expect(await validateBootstrap(bootstrap([pattern])), pattern).toContain("program size");
    }
  }, 60_000);

  it("refuses each that made JavaScript the wrong judge, and so does decode", async () => {
    const others = [
      String.raw`\x{400}`,
      String.raw`\p{Assigned}`,
      String.raw`[\400]`,
      "(?:(?:é{100}){0}){30}",
      "a{1001}",
    ];
    for (const pattern of [...refusedRegexes, ...others]) {
      expect(regexProblem(pattern), pattern).toBeDefined();
      expect(await validateBootstrap(bootstrap([pattern])), pattern).toContain(
        "error initializing",
      );
    }
  }, 60_000);

  it("counts no more instructions than decode does", async () => {
    const bound = (pattern: string) => programSizeBound(Buffer.from(pattern).toString("latin1"));
    for (const pattern of [...taken.filter((_, index) => index % 4 === 0), ...ofLanes]) {
      const size = await sizeInEnvoy(pattern);
      expect(size, pattern).toBeGreaterThan(0);
      expect(bound(pattern), pattern).toBeGreaterThanOrEqual(size ?? Number.POSITIVE_INFINITY);
      expect(bound(pattern), pattern).toBeLessThanOrEqual(limits.decode.regexProgram);
    }
  }, 60_000);
});
