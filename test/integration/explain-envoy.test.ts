/** What explain says is held against a real Envoy with the same rules, request by request. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf } from "../../src/explain/request.ts";
import type { RawRequest } from "../support/raw-http.ts";
import { type Routed, type RouterLab, startRouterLab } from "../support/router-lab.ts";

const ok = { direct_response: { status: 200 } };
const text = (string_match: object) => ({ name: "x-a", string_match });

/** One route for each, all for any path. */
const headerConditions: readonly object[] = [
  text({ exact: "one" }),
  text({ exact: "" }),
  text({ exact: "One", ignore_case: true }),
  text({ exact: "ÉTÉ", ignore_case: true }),
  text({ exact: "one,two" }),
  text({ prefix: "on" }),
  text({ prefix: "ON", ignore_case: true }),
  text({ suffix: "ne" }),
  text({ suffix: "NE", ignore_case: true }),
  text({ contains: "n" }),
  text({ contains: "E,T", ignore_case: true }),
  text({ safe_regex: { regex: "o.e" } }),
  text({ safe_regex: { regex: "o" } }),
  text({ safe_regex: { regex: ".+" } }),
  text({ safe_regex: { regex: ".{4}" } }),
  text({ safe_regex: { regex: "é+" } }),
  text({ safe_regex: { regex: "(?i)é|(?i)k" } }),
  { name: "x-a", present_match: true },
  { name: "x-a", present_match: false },
  { name: "x-a" },
  { name: "X-A", string_match: { exact: "one" } },
  { name: "x-a", range_match: { start: -5, end: 10 } },
  { name: "x-a", range_match: { start: 10, end: 10 } },
  { name: "x-a", exact_match: "one" },
  { name: "x-a", safe_regex_match: { regex: "o.*" } },
  { name: ":method", string_match: { exact: "POST" } },
  { name: ":path", string_match: { contains: "?" } },
  { name: ":authority", string_match: { prefix: "h" } },
  { name: "host", string_match: { prefix: "h" } },
  { name: ":scheme", string_match: { exact: "http" } },
  { name: "x-removed", present_match: true },
  { name: "x-set", string_match: { exact: "by Envoy" } },
  { name: "x-added", string_match: { exact: "client,by Envoy" } },
].flatMap((condition) => [
  condition,
  { ...condition, invert_match: true },
  { ...condition, treat_missing_header_as_empty: true },
  { ...condition, invert_match: true, treat_missing_header_as_empty: true },
]);

const query = (condition: object) => ({ query_parameters: [{ name: "q", ...condition }] });
const cookies = (condition: object) => ({ cookies: [{ name: "c", ...condition }] });

const conditions: readonly object[] = [
  ...headerConditions.map((condition) => ({ headers: [condition] })),
  { headers: [text({ prefix: "o" }), { name: "x-b", present_match: true }] },
  query({ string_match: { exact: "one" } }),
  query({ string_match: { exact: "" } }),
  query({ string_match: { exact: "a b" } }),
  query({ string_match: { exact: "a%20b" } }),
  query({ string_match: { safe_regex: { regex: "o.*" } } }),
  query({ present_match: true }),
  query({ present_match: false }),
  query({}),
  cookies({ string_match: { exact: "one" } }),
  cookies({ string_match: { exact: "one" }, invert_match: true }),
  cookies({ string_match: { exact: "" } }),
  cookies({ string_match: { exact: "" }, invert_match: true }),
  cookies({ string_match: { prefix: "o" } }),
  cookies({ string_match: { safe_regex: { regex: "o.e" } } }),
  { grpc: {} },
  { runtime_fraction: { default_value: { numerator: 0 } } },
  { runtime_fraction: { default_value: { numerator: 100 } } },
  { runtime_fraction: { default_value: { numerator: 1_000_000, denominator: "MILLION" } } },
];

const header = (name: string, ...values: readonly string[]) =>
  values.map((value) => [name, bytesOf(value)] as const);

const requestHeaders: readonly RawRequest["headers"][] = [
  [],
  ...[
    "one",
    "One",
    "ONE",
    "two",
    "on",
    "",
    "été",
    "ÉTÉ",
    "éé",
    "é",
    "K",
    "o",
    " one ",
    "\tone",
  ].map((value) => header("x-a", value)),
  ...["0", "-5", "-6", "9", "10", "+3", "03", "9.0", "0x1", "1e0", "9223372036854775808"].map(
    (value) => header("x-a", value),
  ),
  header("x-a", "one", "two"),
  header("x-a", "two", "one"),
  header("x-a", "", ""),
  header("X-A", "one"),
  [...header("x-a", "one"), ...header("x-b", "")],
  header("x-removed", "yes"),
  [...header("x-set", "client"), ...header("x-added", "client")],
  ...[
    "c=one",
    "d=1; c=one",
    "c=two; c=one",
    'c="one"',
    "c=",
    "c",
    "cc=one",
    "c =one",
    " c=one;",
  ].map((value) => header("cookie", value)),
  header("cookie", "d=1", "c=one"),
  header("cookie", "c=two", "c=one"),
  header("content-type", "application/grpc"),
  header("content-type", "application/grpc+proto"),
  header("content-type", "application/grpc-web"),
];

const paths: readonly object[] = [
  { path: "/exact" },
  { path: "/Case", case_sensitive: false },
  { path_separated_prefix: "/seg" },
  { path_separated_prefix: "/Seg/two", case_sensitive: false },
  { safe_regex: { regex: "/re/[0-9]+" } },
  { safe_regex: { regex: "/é+" } },
  { safe_regex: { regex: "/multi|/multi/more" } },
  { prefix: "/pre" },
  { prefix: "/PRE2", case_sensitive: false },
  { path: "/a b" },
  { prefix: "/%7Euser" },
  { prefix: "/~user" },
];

const askedPaths = `
/exact /exact/ /exact?a=1 /exact#f /exact/x /Exact /case /CASE /Case/ /seg /seg/ /seg/a /segx /seg?x /SEG /seg/TWO/x
/re/12 /re/12?x=/re/a /re/ /re/12a /re/12/ /multi /multi/more /multi/ /pre /prefix /pre/x /Pre /pre2 /
/%C3%A9 /a%20b /%7Euser /~user /%7euser/x //exact /./exact /a/../exact /a/%2e%2e/exact /exact/. /exact/.. /x//../exact
/a%2Fb /exact%2F /a%5cb /a%5C..%5Cexact /seg%2fa?q=%2f /pre\\x /a/..//seg /..//exact /exact?x=/../y /%41 /%2 /%zz
`
  .trim()
  .split(/\s+/);

const domains: readonly (readonly string[])[] = [
  ["exact.example", "Upper.Example"],
  ["*.example"],
  ["*.long.example", "*-x.long.example"],
  ["pre.*"],
  ["pre.longer.*"],
  ["10.0.0.1", "[::1]"],
  ["with.port:81"],
];

const hosts = `
exact.example EXACT.example exact.example:80 upper.example a.example .example example a.b.example long.example
a.long.example a-x.long.example -x.long.example pre. pre.a pre.longer.a pre.longer. pre.example 10.0.0.1 10.0.0.1:90
[::1] [::1]:80 with.port with.port:81 other
`
  .trim()
  .split(/\s+/);

const redirects: readonly (readonly [match: object, redirect: object])[] = [
  [{ prefix: "/a" }, { https_redirect: true }],
  [{ prefix: "/b" }, { scheme_redirect: "https", port_redirect: 8443, response_code: "FOUND" }],
  [
    { prefix: "/c" },
    { host_redirect: "new.example", path_redirect: "/other", response_code: "SEE_OTHER" },
  ],
  [
    { path_separated_prefix: "/d" },
    { prefix_rewrite: "/new", response_code: "PERMANENT_REDIRECT" },
  ],
  [{ prefix: "/e/" }, { prefix_rewrite: "/", strip_query: true }],
  [{ path: "/f" }, { prefix_rewrite: "/new", port_redirect: 81 }],
  [
    { safe_regex: { regex: "/g/.*" } },
    { regex_rewrite: { pattern: { regex: "^/g/(.)" }, substitution: "/\\1-" } },
  ],
  [{ prefix: "/h" }, { path_redirect: "/i?own=1", host_redirect: "new.example:90" }],
];

const idSplit = (weight2: number, policy: object, sum = 100) => ({
  route: {
    hash_policy: [policy],
    weighted_clusters: {
      use_hash_policy: true,
      clusters: [
        { name: "v1", weight: sum - weight2 },
        { name: "v2", weight: weight2 },
      ],
    },
  },
});

const salted = (salt: string) => ({
  header: {
    header_name: "x-user-id",
    regex_rewrite: { pattern: { regex: "^(.*)$" }, substitution: `${salt}\\1` },
  },
});

const weights = [1, 5, 10, 20, 50, 100] as const;
const any = { prefix: "/" };

/** Policies of every kind, and how they combine. */
const policies: readonly (readonly object[])[] = [
  [{ header: { header_name: "x-a" } }],
  [{ header: { header_name: "X-A" } }, { header: { header_name: "x-b" } }],
  [{ header: { header_name: "x-a" } }, { header: { header_name: "x-a" } }],
  [{ header: { header_name: "x-a" }, terminal: true }, { header: { header_name: "x-b" } }],
  [{ header: { header_name: "x-none" }, terminal: true }, { header: { header_name: "x-b" } }],
  [{ cookie: { name: "c" } }],
  [{ query_parameter: { name: "q" } }],
  [
    { query_parameter: { name: "q" } },
    { cookie: { name: "c" } },
    { header: { header_name: "x-a" } },
  ],
  [rewritten("[aeiou]", "<\\0>")],
  [rewritten("x*", "-")],
  [rewritten("(.)(.)", "\\2\\1\\\\")],
  [rewritten("é", "e")],
];

function rewritten(regex: string, substitution: string): object {
  return { header: { header_name: "x-a", regex_rewrite: { pattern: { regex }, substitution } } };
}

const virtualHosts = [
  ...conditions.map((condition, index) => ({
    name: `condition ${index}`,
    domains: [`h${index}.condition`],
    routes: [{ name: "holds", match: { ...any, ...condition }, ...ok }],
  })),
  {
    name: "paths",
    domains: ["paths"],
    routes: paths.map((match, index) => ({ name: `path ${index}`, match, ...ok })),
  },
  {
    name: "redirects",
    domains: ["redirects"],
    routes: redirects.map(([match, redirect], index) => ({ name: `to ${index}`, match, redirect })),
  },
  ...domains.map((each, index) => ({
    name: `domain ${index}`,
    domains: each,
    routes: [{ name: "any", match: any, ...ok }],
  })),
  ...policies.map((hash_policy, index) => ({
    name: `policy ${index}`,
    domains: [`policy${index}`],
    routes: [
      {
        name: "split",
        match: any,
        route: {
          hash_policy,
          weighted_clusters: {
            use_hash_policy: true,
            clusters: [
              { name: "v1", weight: 333 },
              { name: "v2", weight: 334 },
              { name: "v3", weight: 333 },
            ],
          },
        },
      },
    ],
  })),
  ...weights.flatMap((weight) =>
    ["web:", "shop:"].map((salt) => ({
      name: `${salt}${weight}`,
      domains: [`${salt.slice(0, -1)}${weight}`],
      routes: [{ name: "split", match: any, ...idSplit(weight * 100, salted(salt), 10_000) }],
    })),
  ),
  {
    name: "chance",
    domains: ["chance"],
    routes: [
      {
        name: "lane",
        match: { ...any, runtime_fraction: { default_value: { numerator: 30 } } },
        ...ok,
      },
      {
        name: "split",
        match: any,
        route: {
          weighted_clusters: {
            clusters: [
              { name: "v1", weight: 50 },
              { name: "v2", weight: 50 },
            ],
          },
        },
      },
    ],
  },
];

const settings = {
  normalize_path: true,
  merge_slashes: true,
  path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT",
  early_header_mutation_extensions: [
    {
      name: "edge",
      typed_config: {
        "@type":
          "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations: [
          { remove: "x-removed" },
          {
            append: {
              header: { key: "x-set", value: "by Envoy" },
              append_action: "OVERWRITE_IF_EXISTS",
            },
          },
          { append: { header: { key: "x-added", value: "by Envoy" } } },
        ],
      },
    },
  ],
};

let lab: RouterLab;
beforeAll(async () => {
  lab = await startRouterLab(
    { name: "x", ignore_port_in_host_matching: true, virtual_hosts: virtualHosts },
    settings,
  );
});
afterAll(() => lab.envoy.stop());

/** Where the two differ, told so that a person can look it up. */
async function differences(requests: readonly RawRequest[]): Promise<readonly string[]> {
  const answers = await lab.ask(requests);
  return requests.flatMap((request, index) => {
    const envoy = JSON.stringify(answers[index]);
    const explained = JSON.stringify(lab.explain(request));
    // What HTTP itself forbids never comes to the router.
    return envoy === explained || answers[index]?.status === 400
      ? []
      : [`${JSON.stringify(request)}: Envoy ${envoy}, explain ${explained}`];
  });
}

describe("explain and Envoy", () => {
  it("agree on every kind of condition, for every request", async () => {
    const targets = ["/", "/?q=one", "/?q=", "/?q", "/?q=a%20b", "/?a=1&q=two&q=one", "/?Q=one"];
    const requests = conditions.flatMap((_, index) => {
      const host = `h${index}.condition`;
      return [
        ...requestHeaders.map((headers) => ({ host, path: "/", headers })),
        ...targets.map((path) => ({ host, path, headers: [] })),
        { host, path: "/", method: "POST", headers: [] },
      ];
    });
    expect(await differences(requests)).toEqual([]);
    expect(requests.length).toBeGreaterThan(8_000);
  });

  it("agree on paths, in their normal form", async () => {
    const requests = askedPaths.map((path) => ({ host: "paths", path, headers: [] }));
    expect(await differences(requests)).toEqual([]);
  });

  it("agree on redirects", async () => {
    const requests = ["redirects", "redirects:80", "redirects:443", "redirects:8080"].flatMap(
      (host) =>
        "abcdefgh"
          .split("")
          .flatMap((letter) => [`/${letter}`, `/${letter}/x/é?q=1`, `/${letter}/?a`])
          .map((path) => ({ host, path: path.replace("é", "%C3%A9"), headers: [] })),
    );
    expect(await differences(requests)).toEqual([]);
  });

  it("agree on virtual hosts", async () => {
    const requests = hosts.map((host) => ({ host, path: "/", headers: [] }));
    expect(await differences(requests)).toEqual([]);
  });

  it("agree on the hash of policies of every kind", async () => {
    const values = ["a", "ab", "été", "x".repeat(40), "axxb", "", "aeiou bcd", "\\1"];
    const all = values.flatMap((value, index) => {
      const other = values[(index + 3) % values.length] ?? "";
      return [
        header("x-a", value),
        [...header("x-a", value), ...header("x-b", other)],
        header("x-a", value, other),
        header("x-a", other, value, "z"),
        [...header("cookie", `c="${value}"`), ...header("x-b", other)],
      ];
    });
    const sent = policies.flatMap((_, index) =>
      all.flatMap((headers) =>
        ["/", "/?q=one", "/?q=%20&q=2"].map((path) => ({ host: `policy${index}`, path, headers })),
      ),
    );
    // Without a hash it is chance, which nobody can compare.
    const requests = sent.filter((request) => lab.explain(request).cluster !== "");
    expect(requests.length).toBeGreaterThan(800);
    expect(await differences(requests)).toEqual([]);
  });

  it("agree on what chance leaves to the routes behind", async () => {
    const request = { host: "chance", path: "/", headers: [] };
    const outcomes = lab.outcomes(request);
    expect(outcomes.map(({ route, share }) => [route, share])).toEqual([
      ["lane", 0.3],
      ["split", 0.7],
    ]);
    const [, split] = outcomes;
    const shares =
      split?.decision.kind === "split" ? split.decision.shares.map(({ share }) => share) : [];
    // One random number for both: those below 30 are gone, and all of them were v1's.
    expect(shares.map((share) => share * 7)).toEqual([2, 5].map((part) => expect.closeTo(part, 9)));
    const answers = await lab.ask(Array.from({ length: 8_000 }, () => request));
    const count = (wanted: (one: Routed) => boolean) => answers.filter(wanted).length / 8_000;
    expect(Math.abs(count(({ route }) => route === "lane") - 0.3)).toBeLessThan(0.03);
    expect(Math.abs(count(({ cluster }) => cluster === "v1") - 0.2)).toBeLessThan(0.03);
    expect(Math.abs(count(({ cluster }) => cluster === "v2") - 0.5)).toBeLessThan(0.03);
  });
});

/** 10,000 ids, no two alike. */
function manyIds(): readonly string[] {
  const uuid = (n: number): string => {
    const hex = (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32);
    return hex.padStart(32, "0").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
  const kinds: readonly ((n: number) => string)[] = [
    (n) => `user-${n}`,
    (n) => String(n * 37),
    uuid,
    (n) => `person.${n}@example.org`,
    (n) => `użytkownik-${n}-用户-😀`,
    (n) => `${"long-".repeat(200 + (n % 400))}${n}`,
    (n) => `${n}`.padStart(1 + (n % 70), "#"),
  ];
  const ids = new Set([""]);
  for (let n = 0; ids.size < 10_000; n++) ids.add(kinds[n % kinds.length]?.(n) ?? "");
  return [...ids];
}

describe("a split by user", () => {
  const ids = manyIds();
  const requestsOf = (host: string): readonly RawRequest[] =>
    ids.map((id) => ({ host, path: "/", headers: header("x-user-id", id) }));
  const usersOfV2 = async (host: string): Promise<ReadonlySet<number>> => {
    const answers = await lab.ask(requestsOf(host));
    return new Set(answers.flatMap(({ cluster }, index) => (cluster === "v2" ? [index] : [])));
  };

  it("is told for every one of 10,000 users, and grows without losing one", async () => {
    let before: ReadonlySet<number> = new Set();
    const sizes: number[] = [];
    for (const weight of weights) {
      const requests = requestsOf(`web${weight}`);
      const inV2 = await usersOfV2(`web${weight}`);
      const wrong = requests.filter(
        (request, index) => (lab.explain(request).cluster === "v2") !== inV2.has(index),
      );
      expect(wrong, `at ${weight} %`).toEqual([]);
      expect([...before].filter((index) => !inV2.has(index))).toEqual([]);
      expect(Math.abs(inV2.size / ids.length - weight / 100)).toBeLessThan(0.01);
      sizes.push(inV2.size);
      before = inV2;
    }
    expect(sizes.at(-1)).toBe(ids.length);
  });

  it("is the same when they come again", async () => {
    const first = await usersOfV2("web20");
    expect(await usersOfV2("web20")).toEqual(first);
  });

  it("takes other users with another salt", async () => {
    const [web, shop] = [await usersOfV2("web10"), await usersOfV2("shop10")];
    const both = [...web].filter((index) => shop.has(index)).length;
    // By chance 100 of 10,000, give or take 10; 1,000 if the salt did nothing.
    expect(both).toBeGreaterThan(60);
    expect(both).toBeLessThan(140);
  });
});
