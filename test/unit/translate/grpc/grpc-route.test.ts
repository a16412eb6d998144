import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import { everyRequest, type RouteMatch } from "../../../../src/model/route.ts";
import { decodeMessage } from "../../../../src/proto/decode.ts";
import { grpcRoute, unsupported } from "../../../../src/translate/grpc/grpc-route.ts";
import type {
  ForwardPlan,
  PlannedCluster,
  RoutePlan,
} from "../../../../src/translate/route/plan.ts";
import { subsetName } from "../states.ts";

const cluster = (subset: string, weight: number, failover: readonly string[] = []) =>
  ({
    service: "web" as ServiceName,
    subset: subsetName(subset),
    failover: failover.map(subsetName),
    weight,
    servedVersionHeader: undefined,
    requestHeaders: undefined,
    responseHeaders: undefined,
  }) satisfies PlannedCluster;

const forward: ForwardPlan = {
  kind: "forward",
  moving: undefined,
  clusters: [cluster("v1", 10_000)],
  hashSplit: undefined,
  affinity: undefined,
  requestHeaders: undefined,
  responseHeaders: undefined,
  rewrite: undefined,
  mirrors: [],
  cors: undefined,
  timeoutMs: undefined,
  perTryMs: undefined,
  retry: undefined,
  rateLimit: undefined,
};

const plan = (action: Partial<ForwardPlan>, match: Partial<RouteMatch> = {}): RoutePlan => ({
  name: "r/0/0",
  match: { ...everyRequest, ...match },
  action: { ...forward, ...action },
});

function encoded(given: RoutePlan) {
  const route = grpcRoute(given, { found: new Map(), stickyName: () => "r/0/sticky" });
  return route && decodeMessage("envoy.config.route.v3.Route", route.bytes);
}

const matched = (match: Partial<RouteMatch>) => encoded(plan({}, match))?.match;
const routed = (action: Partial<ForwardPlan>) => encoded(plan(action))?.route;

describe("the match of a gRPC client", () => {
  it.each([
    [{ kind: "prefix", value: "/" }, { prefix: "/" }],
    [{ kind: "prefix", value: "/shop.v1.Cart" }, { prefix: "/shop.v1.Cart/" }],
    [{ kind: "prefix", value: "/shop.v1.Cart/" }, { prefix: "/shop.v1.Cart/" }],
    [{ kind: "prefix", value: "/shop.v1.Cart/Add" }, { path: "/shop.v1.Cart/Add" }],
    [{ kind: "exact", value: "/shop.v1.Cart/Add" }, { path: "/shop.v1.Cart/Add" }],
    [{ kind: "regex", value: "/[^/]+/Add" }, { safe_regex: { regex: "/[^/]+/Add" } }],
  ] as const)("has no prefix of whole segments: %j", (path, expected) => {
    expect(matched({ path })).toEqual(expected);
  });

  it("has headers, and the method that all calls have is no condition", () => {
    const headers = [
      { name: "x-stage", kind: "exact", value: "canary" },
      { name: "x-user", kind: "regex", value: "1.*" },
    ] as const;
    expect(matched({ headers, method: "POST" })).toEqual({
      prefix: "/",
      headers: [
        { name: "x-stage", string_match: { exact: "canary" } },
        { name: "x-user", string_match: { safe_regex: { regex: "1.*" } } },
      ],
    });
  });

  const one = [{ name: "a", kind: "exact", value: "b" }] as const;
  it.each([
    [{ method: "GET" }, []],
    [{ cookies: one }, ["matches with cookies are left out"]],
    [{ queryParams: one }, ["matches with query parameters are left out"]],
    [
      { headers: [{ ...one[0], name: ":authority" }] },
      ["matches with pseudo-headers are left out"],
    ],
  ] as const)("is left out rather than taken for wider: %j", (match, told) => {
    expect(matched(match)).toBeUndefined();
    expect(unsupported(plan({}, match))).toEqual(told);
  });
});

describe("the action of a gRPC client", () => {
  it("splits among plain clusters, each of them once, zeros included", () => {
    const clusters = [cluster("v1", 9_000, ["v0"]), cluster("v2", 0), cluster("v1", 1_000)];
    expect(routed({ clusters })).toEqual({
      weighted_clusters: {
        clusters: [
          { name: "web/v1", weight: { value: 10_000 } },
          { name: "web/v2", weight: {} },
        ],
      },
    });
    expect(routed({ clusters: [cluster("v1", 10_000, ["v0"])] })).toEqual({ cluster: "web/v1" });
  });

  it("fails where a proxy would answer itself", () => {
    const status = { ...plan({}), action: { kind: "respond", status: 500 } } as const;
    expect(encoded(status)?.route).toEqual({ cluster: "~unavailable" });
    expect(unsupported(status)).toEqual([]);
    const redirect = {
      scheme: "https",
      hostname: undefined,
      port: undefined,
      path: undefined,
      status: 301,
    } as const;
    const moved = {
      ...plan({}),
      action: { kind: "redirect", redirect, responseHeaders: undefined },
    } as const;
    expect(encoded(moved)?.route).toEqual({ cluster: "~unavailable" });
    expect(unsupported(moved)).toHaveLength(1);
  });

  it("is limited by the request, or by its only attempt, from 2 s", () => {
    const limit = (action: Partial<ForwardPlan>) =>
      routed(action)?.max_stream_duration?.max_stream_duration;
    expect(limit({ timeoutMs: 5_000 })).toEqual({ seconds: 5 });
    expect(limit({ timeoutMs: 5_000, perTryMs: 3_000 })).toEqual({ seconds: 3 });
    const retry = { attempts: 1, backoffMs: undefined, perTryMs: undefined, codes: [] };
    expect(limit({ timeoutMs: 5_000, perTryMs: 3_000, retry })).toEqual({ seconds: 5 });
    expect(limit({})).toBeUndefined();
    expect(limit({ timeoutMs: 0 })).toBeUndefined();
    expect(unsupported(plan({ timeoutMs: 0 }))).toEqual([]);
    expect(limit({ timeoutMs: 1_999 })).toBeUndefined();
    expect(unsupported(plan({ timeoutMs: 1_999 }))).toEqual(["timeouts below 2 s are left out"]);
  });

  it("is tried again as often as all clients can, by the statuses of gRPC", () => {
    const policy = (attempts: number, codes: readonly number[], backoffMs?: number) =>
      routed({ retry: { attempts, codes, backoffMs, perTryMs: undefined } })?.retry_policy;
    expect(policy(0, [])).toBeUndefined();
    expect(policy(2, [])).toEqual({ retry_on: "unavailable", num_retries: { value: 2 } });
    expect(policy(10, [503, 429, 500, 504, 404])).toEqual({
      retry_on: "unavailable,resource-exhausted,internal,deadline-exceeded",
      num_retries: { value: 4 },
    });
    expect(policy(1, [], 2_000)?.retry_back_off).toEqual({
      base_interval: { seconds: 2 },
      max_interval: { seconds: 20 },
    });
    expect(policy(1, [], 0)?.retry_back_off).toBeUndefined();
  });

  it("is hashed by headers alone, in a form that is right for all of them", () => {
    const hashSplit = { headers: ["x-user"], salt: "r7", grpc: true };
    const clusters = [cluster("v1", 9_000), cluster("v2", 1_000)];
    const rewrite = { pattern: { regex: "^(.*)$" }, substitution: "r7:\\1$1" };
    const salted = [{ header: { header_name: "x-user", regex_rewrite: rewrite } }];
    expect(routed({ clusters, hashSplit })).toEqual({ cluster: "r/0/sticky", hash_policy: salted });
    expect(routed({ hashSplit })).toEqual({ cluster: "web/v1", hash_policy: salted });
    const byHeader = { kind: "header", name: "x-cart" } as const;
    expect(routed({ affinity: byHeader })?.hash_policy).toEqual([
      { header: { header_name: "x-cart" } },
    ]);
    expect(routed({ affinity: { kind: "sourceIp" } })?.hash_policy).toBeUndefined();
    expect(unsupported(plan({ affinity: { kind: "sourceIp" } }))).toHaveLength(1);
  });

  it("splits by chance where the rule does not ask for a ring, and that is told", () => {
    const hashSplit = { headers: ["x-user"], salt: "", grpc: false };
    const clusters = [cluster("v1", 9_000), cluster("v2", 1_000)];
    expect(routed({ clusters, hashSplit })?.weighted_clusters?.clusters).toHaveLength(2);
    expect(unsupported(plan({ clusters, hashSplit }))).toHaveLength(1);
    expect(unsupported(plan({ hashSplit }))).toEqual([]);
  });

  it("has nothing that makes a client refuse all routes, and that is told", () => {
    const headers = { set: [{ name: "a", value: "b" }], add: [], remove: [] };
    const asked: Partial<ForwardPlan> = {
      requestHeaders: headers,
      rewrite: { hostname: "b.example", path: undefined },
      mirrors: [
        { service: "web" as ServiceName, subset: subsetName("v2"), from: 0, perMillion: 1 },
      ],
      rateLimit: { requests: 1, perMs: 1_000, burst: 1 },
      perTryMs: 5_000,
      retry: { attempts: 1, backoffMs: undefined, perTryMs: undefined, codes: [] },
    };
    expect(encoded(plan(asked))).toEqual({
      name: "r/0/0",
      match: { prefix: "/" },
      route: {
        cluster: "web/v1",
        retry_policy: { retry_on: "unavailable", num_retries: { value: 1 } },
      },
    });
    expect(unsupported(plan(asked))).toEqual([
      "no header is changed",
      "nothing is rewritten",
      "nothing is mirrored",
      "no rate is limited",
      "single attempts have no timeout",
    ]);
    const ofBackend = [{ ...cluster("v1", 10_000), responseHeaders: headers }];
    expect(unsupported(plan({ clusters: ofBackend }))).toEqual(["no header is changed"]);
  });
});
