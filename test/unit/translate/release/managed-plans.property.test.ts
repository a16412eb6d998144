/** Routes of releases against what is said of them: the plan that a request would have had, and what they change of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lane } from "../../../../src/model/lane.ts";
import type { ManagedRoute } from "../../../../src/model/managed-routes.ts";
import type { GatewayName, ServiceName } from "../../../../src/model/names.ts";
import { type Mirror, noFilters } from "../../../../src/model/route.ts";
import type { Service } from "../../../../src/model/service.ts";
import { grpcPlans } from "../../../../src/translate/grpc/grpc-plans.ts";
import { edgeOf } from "../../../../src/translate/lane/edge.ts";
import { plansAt } from "../../../../src/translate/route/encoded-match.ts";
import type { ForwardPlan, PlannedMirror } from "../../../../src/translate/route/plan.ts";
import { translateRoute } from "../../../../src/translate/route/route.ts";
import { noServices, translateServices } from "../../../../src/translate/services.ts";
import { denominator } from "../../../../src/translate/split/apportion.ts";
import { byUser, entry, exactly, lane, laneMatch, planFor, type Request } from "../lane/lanes.ts";
import { route, service, state, subsetName } from "../states.ts";
import "../../../support/seed.ts";

const conditions = ["x-tester", "x-beta"].map((name) => exactly(name, "1"));

const managed: fc.Arbitrary<ManagedRoute> = fc
  .record({
    isHeader: fc.boolean(),
    name: fc.constantFrom("a", "b"),
    match: fc.array(
      fc.subarray(conditions, { minLength: 1 }).map((headers) => ({ headers })),
      { minLength: 1, maxLength: 2 },
    ),
    percent: fc.constantFrom(0.01, 20, 100),
  })
  .map(({ isHeader, percent, ...parts }) => {
    const to = subsetName("v2");
    return isHeader ? { kind: "header", ...parts, to } : { kind: "mirror", ...parts, percent, to };
  });

const release = fc.record({ salt: fc.constant(""), routes: fc.array(managed, { maxLength: 3 }) });

const instances = fc.subarray([
  { version: "v1" },
  { version: "v2" },
  { version: "v3" },
  { version: "v1", labels: { lane: "gray" } },
]);

const serviceNamed = (name: string): fc.Arbitrary<Service> =>
  fc
    .record({
      instances,
      weights: fc.record({ v1: fc.nat(100), v2: fc.nat(100) }),
      latched: fc.constantFrom([], [], ["v2"]),
      release: fc.option(release, { nil: undefined }),
    })
    .map(({ release: given, ...parts }) =>
      service(name, given === undefined ? parts : { ...parts, release: given }),
    );

const toGray = entry({ matches: [laneMatch({ headers: [exactly("x-user-id", "7")] })] });
const gray = lane("gray", { entries: [toGray] });

const backends = fc.array(
  fc.record({
    service: fc.constantFrom("web", "api"),
    subset: fc.constantFrom(undefined, undefined, "v1", "v2"),
    weight: fc.nat(10),
  }),
  { minLength: 1, maxLength: 3 },
);

const stable = { service: "api" as ServiceName, subset: subsetName("v1") };

const cases = fc.record({
  services: fc.tuple(serviceNamed("web"), serviceNamed("api")),
  lanes: fc.constantFrom<readonly Lane[]>([], [gray]),
  gateway: fc.constantFrom("edge", "mesh"),
  hashSplit: fc.constantFrom(undefined, byUser),
  /** Of people. */
  mirrors: fc.constantFrom<readonly Mirror[]>([], [{ ...stable, perMillion: 500 }]),
  to: backends.map((all) =>
    all.map(({ subset, ...rest }) => (subset === undefined ? rest : { ...rest, subset })),
  ),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .subarray<[string, string]>([
    ["x-user-id", "7"],
    ["x-tester", "1"],
    ["x-beta", "1"],
    ["x-lane", "gray"],
  ])
  .map((list) => Object.fromEntries(list));

function world({ services, lanes, gateway, hashSplit, mirrors, to }: Case) {
  const plain = route("r", [], [{ to }]);
  const filters = { ...noFilters, mirrors };
  const routed = { ...plain, rules: plain.rules.map((rule) => ({ ...rule, hashSplit, filters })) };
  const from = {
    ...state({ services, routes: [routed] }),
    lanes: new Map(lanes.map((each) => [each.name, each])),
  };
  const translated = translateServices(from, 64, noServices);
  const { matches } = translateRoute(routed, translated.byName, translated.inside, 256);
  const edge = edgeOf(gateway as GatewayName, translated.lanes, 256);
  return {
    byName: translated.byName,
    plans: matches.flatMap((match) => plansAt(match, edge)),
    forGrpc: matches.flatMap(grpcPlans),
  };
}

type World = ReturnType<typeof world>;

const withoutRoutes = (given: Case): Case => ({
  ...given,
  services: given.services.map((each) => ({ ...each, release: undefined })) as Case["services"],
});

const fits = ({ match }: ManagedRoute, request: Request): boolean =>
  match.some(({ headers: all }) =>
    all.every(({ name, value }) => request.headers?.[name] === value),
  );

interface Answer {
  /** Units of the denominator. */
  readonly shares: Readonly<Record<string, number>>;
  readonly mirrors: readonly PlannedMirror[];
}

function answerOf({ clusters, mirrors }: ForwardPlan): Answer {
  const shares: Record<string, number> = {};
  for (const { service: of, subset, weight } of clusters) {
    const key = `${of}/${subset}`;
    if (weight > 0) shares[key] = (shares[key] ?? 0) + weight;
  }
  return { shares, mirrors: mirrors.filter(({ perMillion }) => perMillion > 0) };
}

/** The first route of each release that fits changes the share of its service, where it has one. */
function expected(
  action: ForwardPlan,
  request: Request,
  { services }: Case,
  { byName }: World,
  kinds: readonly ManagedRoute["kind"][],
): Answer {
  let { shares, mirrors } = answerOf(action);
  for (const { name, release: of } of services) {
    const subsets = byName.get(name)?.routing.subsets;
    if (subsets?.get(subsetName("v2"))?.usable !== true) continue;
    const found = of?.routes.find((each) => kinds.includes(each.kind) && fits(each, request));
    const own = Object.entries(shares).filter(
      ([key]) => key.startsWith(`${name}/`) && !key.includes("~"),
    );
    const sum = own.reduce((total, [, weight]) => total + weight, 0);
    if (found === undefined || own.every(([key]) => key === `${name}/${found.to}`)) continue;
    if (found.kind === "header") {
      const rest = Object.entries(shares).filter(([key]) => !own.some(([mine]) => mine === key));
      shares = Object.fromEntries([...rest, [`${name}/${found.to}`, sum]]);
    } else {
      const perMillion = Math.round((found.percent * 10_000 * sum) / denominator);
      mirrors = [...mirrors, { service: name, subset: found.to, from: 0, perMillion }];
    }
  }
  return { shares, mirrors: mirrors.filter(({ perMillion }) => perMillion > 0) };
}

const sorted = ({ shares, mirrors }: Answer): Answer => ({
  shares,
  mirrors: mirrors.toSorted((a, b) => (a.service < b.service ? -1 : 1)),
});

/** What a release leaves alone, of which lanes and people have said it. */
const restOf = ({ clusters: _, mirrors: __, moving: ___, ...rest }: ForwardPlan) => rest;

describe("routes of releases", () => {
  it("change the share of their service in what a request would have met, and nothing else", () => {
    fc.assert(
      fc.property(cases, headers, (given, own) => {
        const request = { headers: own };
        const [bare, whole] = [world(withoutRoutes(given)), world(given)];
        for (const [before, after, kinds] of [
          [bare.plans, whole.plans, ["header", "mirror"]],
          [bare.forGrpc, whole.forGrpc, ["header"]],
        ] as const) {
          const [was, is] = [planFor(before, request), planFor(after, request)];
          expect(is === undefined).toBe(was === undefined);
          if (was === undefined || is === undefined) continue;
          expect(sorted(answerOf(is.action))).toEqual(
            sorted(expected(was.action, request, given, whole, kinds)),
          );
          expect(restOf(is.action)).toEqual(restOf(was.action));
        }
      }),
      { numRuns: 250 },
    );
  });

  it("never lead to a version that a guard has taken out", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const latched = given.services.filter((each) => each.latched.size > 0);
        for (const { name, action } of world(given).plans) {
          if (action.kind !== "forward" || !name.includes("rollout:")) continue;
          const led = [...action.clusters.filter(({ weight }) => weight > 0), ...action.mirrors];
          for (const { name: of } of latched) {
            expect(led.some((each) => each.service === of && each.subset === "v2")).toBe(false);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
