import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import { plainBackend, plainRule, type RouteRule } from "../../../../src/model/route.ts";
import { defaultSettings, type ServiceSettings } from "../../../../src/model/service.ts";
import { planRule } from "../../../../src/translate/route/plan-rule.ts";
import { translateService } from "../../../../src/translate/service.ts";
import { service, subsetName } from "../states.ts";

const web = "web" as ServiceName;
const two = [{ version: "v1" }, { version: "v2" }];

function plan(
  rule: Partial<RouteRule>,
  settings: Partial<ServiceSettings> = {},
  routesMax = Number.POSITIVE_INFINITY,
) {
  const made = {
    ...service("web", { instances: two }),
    settings: { ...defaultSettings, ...settings },
  };
  const options = { routed: [], lanes: [], inMotion: false, subsetsMax: 64, before: undefined };
  const { routing } = translateService(made, options);
  const whole = { ...plainRule, ...rule };
  return planRule({ kind: "http", name: "r" }, whole, 0, new Map([[web, routing]]), routesMax);
}

const to = (subset: string, weight: number) => ({
  ...plainBackend,
  service: web,
  subset: subsetName(subset),
  weight,
});

describe("a split by hash", () => {
  const hashSplit = { headers: ["x-user-id"], salt: "s", grpc: false };

  it("sends who cannot be told apart to the first version that takes traffic", () => {
    const { matches } = plan({ hashSplit, backendRefs: [to("v1", 9), to("v2", 1)] });
    const [sticky, others] = matches[0]?.plans ?? [];
    expect(sticky?.match.headers).toEqual([{ name: "x-user-id", kind: "regex", value: ".+" }]);
    expect(others).toMatchObject({
      name: "r/0/0/others",
      match: { headers: [] },
      action: { hashSplit: undefined, clusters: [{ subset: "v1", weight: 10_000 }] },
    });
  });

  it("sends them with everybody when the release is over", () => {
    const { matches } = plan({ hashSplit, backendRefs: [to("v1", 0), to("v2", 1)] });
    expect(matches[0]?.plans[1]).toMatchObject({ action: { clusters: [{ subset: "v2" }] } });
  });
});

describe("a mirror to a split", () => {
  const [match] = plainRule.matches;
  const mirror = { service: web, subset: undefined, perMillion: 1_000_000 };
  const rule = {
    backendRefs: [to("v1", 1)],
    filters: { ...plainRule.filters, mirrors: [mirror] },
    matches: Array.from({ length: 3 }, () => ({ ...match, path: { kind: "prefix", value: "/" } })),
  } as unknown as Partial<RouteRule>;
  const mirrors = ({ matches }: ReturnType<typeof plan>) => matches[0]?.plans[0]?.action;

  it("has both versions where there is room for a route of each, for every match", () => {
    const planned = plan(rule, {}, 6);
    expect(mirrors(planned)).toMatchObject({ mirrors: [{ subset: "v1" }, { subset: "v2" }] });
    expect(planned.diagnostics).toEqual([]);
  });

  it("copies nothing, and says so, where they would be more", () => {
    const planned = plan(rule, {}, 5);
    expect(mirrors(planned)).toMatchObject({ mirrors: [] });
    expect(planned.diagnostics).toMatchObject([{ code: "MIRROR_LEFT_OUT", path: "filters" }]);
  });
});

describe("what a rule does not say", () => {
  const settings = {
    timeouts: { connectMs: 1_000, requestMs: 3_000 },
    retry: { attempts: 2, backoffMs: undefined, perTryMs: 100, codes: [] },
  };

  it("is what its service says", () => {
    const { matches } = plan({ backendRefs: [to("v1", 1)] }, settings);
    expect(matches[0]?.plans[0]?.action).toMatchObject({
      timeoutMs: 3_000,
      perTryMs: 100,
      retry: settings.retry,
    });
  });

  it("gives way to what it says", () => {
    const rule = {
      backendRefs: [to("v1", 1)],
      timeouts: { requestMs: 0, backendRequestMs: 50 },
      retry: { attempts: 0, backoffMs: undefined, perTryMs: undefined, codes: [] },
    };
    const { matches } = plan(rule, settings);
    expect(matches[0]?.plans[0]?.action).toMatchObject({
      timeoutMs: 0,
      perTryMs: 50,
      retry: { attempts: 0 },
    });
  });
});

describe("failover", () => {
  const settings = {
    healthCheck: {
      check: { kind: "tcp" },
      intervalMs: 1_000,
      timeoutMs: 100,
      unhealthyThreshold: 3,
      healthyThreshold: 1,
    },
  } as const;
  const clusters = (of: ReturnType<typeof plan>) => {
    const action = of.matches[0]?.plans[0]?.action;
    return action?.kind === "forward"
      ? action.clusters.map(({ subset, failover }) => [subset, failover])
      : [];
  };

  it("of the service's own split is the first subset; a route to one subset has none", () => {
    const own = { ...plainBackend, service: web, subset: undefined };
    expect(clusters(plan({ backendRefs: [own] }, settings))).toEqual([
      ["v1", []],
      ["v2", ["v1"]],
    ]);
    expect(clusters(plan({ backendRefs: [to("v2", 1)] }, settings))).toEqual([["v2", []]]);
  });

  it("is not there where no proxy looks at health", () => {
    const own = { ...plainBackend, service: web, subset: undefined };
    expect(clusters(plan({ backendRefs: [own] }))).toEqual([
      ["v1", []],
      ["v2", []],
    ]);
  });
});

describe("a backend without a usable endpoint", () => {
  const weights = (refs: RouteRule["backendRefs"]) => {
    const action = plan({ backendRefs: refs }).matches[0]?.plans[0]?.action;
    return action?.kind === "forward" ? action.clusters.map(({ weight }) => weight) : [];
  };

  it("leaves its share to the others, and its place in the list is kept", () => {
    expect(weights([to("v9", 90), to("v2", 10)])).toEqual([0, 10_000]);
  });

  it("keeps it where the others have no weight: zero means zero", () => {
    expect(weights([to("v9", 90), to("v2", 0)])).toEqual([10_000, 0]);
  });
});
