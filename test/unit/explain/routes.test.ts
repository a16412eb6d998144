import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainRoutes } from "../../../src/explain/explain-routes.ts";
import { arrive, listenerRouting } from "../../../src/explain/listener.ts";
import { type AskedRequest, routerRequest } from "../../../src/explain/request.ts";
import { shareOf } from "../../../src/explain/shares.ts";
import type {
  HttpConnectionManager,
  Listener,
  Route,
  RouteMatch,
} from "../../../src/proto/messages.ts";

const asked = { host: "web", path: "/", method: "GET", scheme: "http", headers: [] } as const;
const explain = (routes: readonly Route[], request: Partial<AskedRequest> = {}) =>
  explainRoutes(
    { name: "edge/http", virtual_hosts: [{ name: "web", domains: ["*"], routes }] },
    routerRequest({ ...asked, ...request }),
  );
const any = { prefix: "/" };
const to = (cluster: string) => ({ route: { cluster } });
const weighted = (...weights: readonly number[]) =>
  weights.map((value, index) => ({ name: `v${index + 1}`, weight: { value } }));
const chance = (numerator: number, denominator: "HUNDRED" | "TEN_THOUSAND" = "HUNDRED") => ({
  ...any,
  runtime_fraction: { default_value: { numerator, denominator } },
});

/** What a match says: every kind of condition is held against Envoy in the integration tests. */
describe("a match", () => {
  const matches = (match: RouteMatch, request: Partial<AskedRequest> = {}) =>
    explain([{ match, ...to("v1") }], request).outcomes.length === 1;
  const headers = (...given: readonly (readonly [string, string])[]) => ({ headers: given });
  const header = (condition: object): RouteMatch => ({
    ...any,
    headers: [{ name: "x-a", ...condition }],
  });

  it.each<readonly [string, RouteMatch, Partial<AskedRequest>, boolean]>([
    ["path", { path: "/a" }, { path: "/a?b=1" }, true],
    ["path", { path: "/a" }, { path: "/a/" }, false],
    ["path in any case", { path: "/a", case_sensitive: {} }, { path: "/A" }, true],
    ["prefix", { prefix: "/a" }, { path: "/ab" }, true],
    ["segments", { path_separated_prefix: "/a" }, { path: "/ab" }, false],
    ["segments", { path_separated_prefix: "/a" }, { path: "/a/b" }, true],
    ["regex of the whole path", { safe_regex: { regex: "/[a-z]" } }, { path: "/a?1" }, true],
    ["regex of the whole path", { safe_regex: { regex: "/[a-z]" } }, { path: "/ab" }, false],
    [
      "one of several values",
      header({ string_match: { exact: "b" } }),
      headers(["x-a", "a"], ["x-a", "b"]),
      true,
    ],
    ["missing, inverted", header({ string_match: { exact: "b" }, invert_match: true }), {}, false],
    [
      "missing as empty, inverted",
      header({
        string_match: { exact: "b" },
        invert_match: true,
        treat_missing_header_as_empty: true,
      }),
      {},
      true,
    ],
    ["absent", header({ present_match: false }), {}, true],
    ["range", header({ range_match: { start: 1, end: 3 } }), headers(["x-a", "3"]), false],
    ["range", header({ range_match: { start: 1, end: 3 } }), headers(["X-A", "2"]), true],
    [
      "fold",
      header({ string_match: { prefix: "AB", ignore_case: true } }),
      headers(["x-a", "abc"]),
      true,
    ],
    [
      "bytes",
      header({ string_match: { safe_regex: { regex: ".." } } }),
      headers(["x-a", "é"]),
      true,
    ],
    [
      "method",
      { ...any, headers: [{ name: ":method", string_match: { exact: "GET" } }] },
      {},
      true,
    ],
    [
      "query parameter",
      { ...any, query_parameters: [{ name: "a", string_match: { exact: "1" } }] },
      { path: "/?b&a=1&a=2" },
      true,
    ],
    [
      "cookie",
      { ...any, cookies: [{ name: "c", string_match: { exact: "1" } }] },
      headers(["cookie", "b=1; c=1"]),
      true,
    ],
    ["grpc", { ...any, grpc: {} }, headers(["content-type", "application/grpc+proto"]), true],
    ["grpc", { ...any, grpc: {} }, {}, false],
  ])("by %s", (_, match, request, expected) => {
    expect(matches(match, request)).toBe(expected);
  });
});

describe("routes", () => {
  it("go on where chance or the unknown decides, and say so", () => {
    const { outcomes, unmatched } = explain([
      { name: "a", match: chance(25), ...to("v1") },
      { name: "b", match: { ...any, dynamic_metadata: [{ filter: "jwt" }] }, ...to("v2") },
      { name: "c", match: any, ...to("v3") },
      { name: "d", match: any, ...to("v4") },
    ]);
    expect(outcomes.map(({ route, share, unknown }) => ({ route, share, unknown }))).toEqual([
      { route: "a", share: 0.25, unknown: null },
      { route: "b", share: null, unknown: "metadata that the filter jwt sets" },
      { route: "c", share: null, unknown: null },
    ]);
    expect(unmatched).toBe(0);
  });

  it("tell which came near, and what is left over", () => {
    const headers = [{ name: "x-a", present_match: true }];
    const { passed, outcomes, unmatched } = explain([
      { name: "far", match: { path: "/far" }, ...to("v1") },
      { name: "near", match: { ...any, headers }, ...to("v1") },
      { match: chance(40), ...to("v2") },
    ]);
    expect(passed).toEqual([
      {
        route: "near",
        because: "header x-a is present: it is missing",
        forHostWithPort: false,
      },
    ]);
    expect(outcomes).toMatchObject([{ route: "#2", share: 0.4 }]);
    expect(unmatched).toBe(0.6);
  });

  it("count out what two fractions of one random number leave", () => {
    const { outcomes } = explain([
      { name: "a", match: chance(30), ...to("v1") },
      { name: "b", match: chance(20), ...to("v1") },
      { name: "c", match: any, ...to("v1") },
    ]);
    // Who is below 20 is below 30 as well, and gone.
    expect(outcomes.map(({ route, share }) => [route, share])).toEqual([
      ["a", 0.3],
      ["c", 0.7],
    ]);
  });

  it("split by hash, else by chance, with the reason", () => {
    const route: Route = {
      match: any,
      route: {
        hash_policy: [{ header: { header_name: "x-user-id" } }],
        weighted_clusters: { clusters: weighted(90, 10), use_hash_policy: { value: true } },
      },
    };
    const sticky = explain([route], { headers: [["x-user-id", "alice"]] });
    expect(sticky.outcomes[0]?.decision).toMatchObject({ by: "hash", sum: 100 });
    const without = explain([route]);
    expect(without.outcomes[0]?.decision).toMatchObject({
      by: "chance",
      note: "nothing of the request is there to hash",
      shares: [{ share: 0.9 }, { share: 0.1 }],
    });
  });

  it("redirect, answer, follow a header, and tell changes", () => {
    const decisions = (route: Route, request: Partial<AskedRequest> = {}) =>
      explain([{ match: any, ...route }], request).outcomes[0];
    expect(
      decisions({ redirect: { https_redirect: true, response_code: "FOUND" } })?.decision,
    ).toEqual({ kind: "redirect", status: 302, to: "https://web/" });
    expect(decisions({ direct_response: { status: 500 } })?.decision).toEqual({
      kind: "response",
      status: 500,
    });
    expect(
      decisions({ route: { cluster_header: "X-To" } }, { headers: [["x-to", "v9"]] })?.decision,
    ).toEqual({ kind: "cluster", cluster: "v9" });
    const header = { key: "x-lane", value: "gray" };
    const changed = decisions({
      route: {
        cluster: "v1",
        prefix_rewrite: "/b",
        request_mirror_policies: [
          { cluster: "v2", runtime_fraction: { default_value: { numerator: 5 } } },
        ],
      },
      request_headers_to_remove: ["baggage"],
      request_headers_to_add: [{ header, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }],
    });
    expect(changed?.changes).toEqual([
      "remove header baggage",
      "set header x-lane: gray",
      "rewrite the path to /b",
      "copy 5 % of the requests to v2",
    ]);
  });
});

describe("changes", () => {
  const changes = (route: Route, request: Partial<AskedRequest> = {}) =>
    explain([{ match: { path_separated_prefix: "/beta" }, ...route }], request).outcomes[0]
      ?.changes;
  const set = (key: string, value: string) => ({
    header: { key, value },
    append_action: "OVERWRITE_IF_EXISTS_OR_ADD" as const,
  });

  it("tell the path and the host that the instance gets", () => {
    const regex = { pattern: { regex: "^/beta/*" }, substitution: "/" };
    const host_rewrite_literal = "beta.internal";
    expect(
      changes(
        { route: { cluster: "v1", regex_rewrite: regex, host_rewrite_literal } },
        { path: "/beta/x?a=1" },
      ),
    ).toEqual(["rewrite the path to /x?a=1", "rewrite the host to beta.internal"]);
    expect(
      changes({ route: { cluster: "v1", prefix_rewrite: "/é" } }, { path: "/beta/x" }),
    ).toEqual(["rewrite the path to /é/x"]);
  });

  it("tell headers of each cluster, both ways", () => {
    const clusters = [
      { name: "v1", weight: { value: 1 }, response_headers_to_add: [set("x-track", "v1")] },
      { name: "v2", weight: { value: 1 }, request_headers_to_remove: ["x-debug"] },
      { name: "v3", weight: { value: 0 }, request_headers_to_remove: ["x-none"] },
    ];
    const route: Route = {
      route: { weighted_clusters: { clusters } },
      response_headers_to_remove: ["x-instance"],
    };
    expect(changes(route, { path: "/beta" })).toEqual([
      "at v1: in the answer, set header x-track: v1",
      "at v2: remove header x-debug",
      "in the answer, remove header x-instance",
    ]);
  });

  it("tell each part of a split for itself, where two lead to one cluster", () => {
    const hash_policy = [{ header: { header_name: "x-user-id" } }];
    const part = (value: number, request_headers_to_add: ReturnType<typeof set>[]) => ({
      name: "v1",
      weight: { value },
      request_headers_to_add,
    });
    const clusters = [part(1, [set("x-lane", "gray")]), part(1, []), part(0, [])];
    const route = (use: boolean): Route => ({
      route: { hash_policy, weighted_clusters: { use_hash_policy: { value: use }, clusters } },
    });
    const told = (user: string) =>
      changes(route(true), { path: "/beta", headers: [["x-user-id", user]] });
    expect(new Set(["a", "b", "c", "d"].map((user) => told(user)?.join()))).toEqual(
      new Set(["set header x-lane: gray", ""]),
    );
    expect(changes(route(false), { path: "/beta" })).toEqual([
      "at v1 (share 1 of 3): set header x-lane: gray",
    ]);
  });

  it("tell the value of a header, not how Envoy writes it", () => {
    const told = (value: string) =>
      changes({ request_headers_to_add: [set("a", value)], ...to("v1") }, { path: "/beta" });
    expect(told("50%% off")).toEqual(["set header a: 50% off"]);
    expect(told("%%%REQ(x)%%%")).toEqual(["set header a: %%REQ(x)%%"]);
  });

  it("tell timeout, retries, the rate limit and CORS", () => {
    const filters = "type.googleapis.com/envoy.extensions.filters.http" as const;
    const typed_per_filter_config: Route["typed_per_filter_config"] = {
      limit: {
        "@type": `${filters}.local_ratelimit.v3.LocalRateLimit`,
        token_bucket: {
          max_tokens: 20,
          tokens_per_fill: { value: 10 },
          fill_interval: { seconds: 60 },
        },
      },
      cors: {
        "@type": `${filters}.cors.v3.CorsPolicy`,
        allow_origin_string_match: [{ exact: "https://shop.example" }],
        allow_methods: "GET,POST",
        allow_credentials: { value: true },
      },
    };
    const retry_policy = {
      retry_on: "connect-failure,retriable-status-codes",
      num_retries: { value: 2 },
      retriable_status_codes: [502, 503],
      per_try_timeout: { nanos: 250_000_000 },
    };
    expect(
      changes(
        {
          route: { cluster: "v1", timeout: { seconds: 2 }, retry_policy },
          typed_per_filter_config,
        },
        { path: "/beta" },
      ),
    ).toEqual([
      "let 10 requests each 60s pass in each proxy, at most 20 at once; others get 429",
      'CORS: the origin is "https://shop.example"; allowed: methods GET,POST; credentials',
      "answer 504 after 2s",
      "retry up to 2 times on 502, 503, connect-failure, each attempt at most 250ms",
    ]);
  });
});

describe("shares", () => {
  it("of a split sum up to 1, whatever chance took before", () => {
    const weights = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 99 }), (given, taken) => {
        fc.pre(given.some((weight) => weight > 0));
        const route = { weighted_clusters: { clusters: weighted(...given) } };
        const { outcomes } = explain([
          { match: chance(taken), ...to("lane") },
          { match: any, route },
        ]);
        const decision = outcomes.at(-1)?.decision;
        const shares = decision?.kind === "split" ? decision.shares : [];
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(outcomes.reduce((sum, { share }) => sum + (share ?? 0), 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 40 },
    );
  });

  it("are those of counting every number", () => {
    const drawn = fc
      .record({ of: fc.constantFrom(10, 100, 12), a: fc.nat(100), b: fc.nat(100) })
      .map(({ of, a, b }) => ({ of, from: Math.min(a, b, of), to: Math.min(Math.max(a, b), of) }));
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 3 }), fc.array(drawn, { maxLength: 3 }), (h, f) => {
        let count = 0;
        for (let number = 0; number < 300; number++) {
          const takes = ({ of, from, to: end }: (typeof h)[number]): boolean =>
            number % of >= from && number % of < end;
          if (h.every(takes) && !f.some(takes)) count++;
        }
        expect(shareOf(h, f)).toBeCloseTo(count / 300, 9);
      }),
    );
  });
});

describe("a listener", () => {
  const managerUrl =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const manager = (name: string) => ({
    name: "http",
    typed_config: { "@type": managerUrl, rds: { route_config_name: name } } as const,
  });
  const listener: Listener = {
    filter_chains: [
      { filters: [manager("plain")] },
      { filter_chain_match: { server_names: ["*.example"] }, filters: [manager("wild")] },
      { filter_chain_match: { server_names: ["a.example"] }, filters: [manager("exact")] },
    ],
  };

  it.each([
    ["a.example", "exact"],
    ["A.example:443", "exact"],
    ["b.example", "wild"],
    ["example", "plain"],
  ])("takes the filter chain for %s", (host, routes) => {
    expect(listenerRouting(listener, host)).toMatchObject({ kind: "http", routes });
  });

  it("takes headers away before it routes", () => {
    const mutation =
      "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";
    const config = { "@type": mutation, mutations: [{ remove: "X-Lane" }] } as const;
    const request = routerRequest({ ...asked, headers: [["x-lane", "gray"]] });
    const arrived = arrive(
      { early_header_mutation_extensions: [{ typed_config: config }] },
      request,
    );
    expect(arrived.changes).toEqual(["remove header X-Lane"]);
    expect(arrived.request.headers.has("x-lane")).toBe(false);
    expect(request.headers.has("x-lane")).toBe(true);
  });

  it("sends a request with an escaped slash elsewhere, and refuses such a call", () => {
    const settings = { normalize_path: { value: true } } as const;
    const action = "UNESCAPE_AND_REDIRECT";
    const at = (headers: AskedRequest["headers"], path_with_escaped_slashes_action = action) => {
      const request = routerRequest({ ...asked, path: "/a%2Fb", headers });
      const manager = { ...settings, path_with_escaped_slashes_action } as HttpConnectionManager;
      const { redirect, refused } = arrive(manager, request);
      return { redirect, refused };
    };
    const call = [["content-type", "application/grpc+proto"]] as const;
    expect(at([])).toEqual({ redirect: "/a/b", refused: false });
    expect(at(call)).toEqual({ redirect: undefined, refused: true });
    expect(at([], "REJECT_REQUEST")).toEqual({ redirect: undefined, refused: true });
    expect(at(call, "UNESCAPE_AND_FORWARD")).toEqual({ redirect: undefined, refused: false });
  });
});
