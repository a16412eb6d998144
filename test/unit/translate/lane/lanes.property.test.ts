import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Lane, LaneEntry } from "../../../../src/model/lane.ts";
import type { GatewayName } from "../../../../src/model/names.ts";
import type { Service } from "../../../../src/model/service.ts";
import { edgeOf, noEdge } from "../../../../src/translate/lane/edge.ts";
import { plansAt } from "../../../../src/translate/route/encoded-match.ts";
import { translateRoute } from "../../../../src/translate/route/route.ts";
import { noServices, translateServices } from "../../../../src/translate/services.ts";
import { denominator } from "../../../../src/translate/split/apportion.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { gateway, instance, route, type ServiceParts, service, state } from "../states.ts";
import { answerTo, byUser, entry, exactly, lane, laneMatch } from "./lanes.ts";
import "../../../support/seed.ts";

const laneNames = ["blue", "gray", "green"] as const;

const instances = fc.array(
  fc.record(
    {
      version: fc.constantFrom("v1", "v2", "v3"),
      weight: fc.constantFrom(0, 1, 100),
      labels: fc.record({ lane: fc.constantFrom(...laneNames) }),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 6 },
);

const services = fc.tuple(...["web", "api"].map((name) => serviceOf(name)));

function serviceOf(name: string): fc.Arbitrary<Service> {
  const weights = fc.record({ v1: fc.nat(100), v2: fc.nat(100) });
  return fc.tuple(instances, fc.option(weights, { nil: undefined })).map(([of, given]) =>
    service(name, {
      instances: of,
      ...(given === undefined ? {} : { weights: given }),
    } as ServiceParts),
  );
}

const entries: fc.Arbitrary<readonly LaneEntry[]> = fc.array(
  fc
    .record({
      gateways: fc.constantFrom(undefined, ["edge"], ["mesh", "edge"]),
      trustClient: fc.boolean(),
      share: fc.constantFrom(0, 1, 700, 5_000, 9_999, 10_000),
      hashSplit: fc.constantFrom(undefined, byUser, { ...byUser, salt: "s" }),
      matches: fc.constantFrom(
        [],
        [laneMatch({ cookies: [exactly("tester", "1")] })],
        [laneMatch({ headers: [exactly("x-user-id", "7")] }), laneMatch({})],
      ),
    })
    .map(entry),
  { maxLength: 3 },
);

const lanes: fc.Arbitrary<readonly Lane[]> = fc
  .tuple(
    ...laneNames.map((name) =>
      fc.option(
        fc
          .record({
            mode: fc.constantFrom("permissive" as const, "strict" as const),
            baggage: fc.constantFrom(undefined, "x-lane"),
            services: fc.constantFrom(undefined, ["web"]),
            entries,
          })
          .map(({ services: of, ...parts }) =>
            lane(name, of === undefined ? parts : { ...parts, services: of }),
          ),
        { nil: undefined },
      ),
    ),
  )
  .map((all) => all.filter((each) => each !== undefined));

const backends = fc.array(
  fc.record({
    service: fc.constantFrom("web", "api"),
    subset: fc.constantFrom(undefined, "v1", "v2"),
    weight: fc.nat(10),
  }),
  { minLength: 1, maxLength: 3 },
);

const cases = fc.record({
  services,
  lanes,
  to: backends.map((all) =>
    all.map(({ subset, ...rest }) => (subset === undefined ? rest : { ...rest, subset })),
  ),
  hashSplit: fc.constantFrom(undefined, byUser),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function plansOf({ services: all, lanes: given, to, hashSplit }: Case, gatewayName?: string) {
  const plain = route("r", [], [{ to }]);
  const routed = { ...plain, rules: plain.rules.map((rule) => ({ ...rule, hashSplit })) };
  const from = {
    ...state({ services: all, routes: [routed] }),
    lanes: new Map(given.map((each) => [each.name, each])),
  };
  const translated = translateServices(from, 64, noServices);
  const { matches } = translateRoute(routed, translated.byName, translated.lanes, 256);
  const edge =
    gatewayName === undefined ? noEdge : edgeOf(gatewayName as GatewayName, translated.lanes, 256);
  return matches.flatMap((match) => plansAt(match, edge));
}

/** As if the instances of lanes had never been there. */
function withoutLanes(given: Case): Case {
  const services = given.services.map((each) => ({
    ...each,
    instances: each.instances.filter(
      ({ labels }) =>
        !given.lanes.some(
          ({ name, services: of }) =>
            labels.get("lane") === name && (of === undefined || of.includes(each.name)),
        ),
    ),
  }));
  return { ...given, services: services as Case["services"], lanes: [] };
}

const requests = fc.record({
  headers: fc.constantFrom({}, { "x-user-id": "7" }, { baggage: "a=1" }),
  drawn: fc.nat(9_999),
  hash: fc.nat(9_999),
});

describe("lanes of any kind", () => {
  it("leave a request without a mark where it would be without lanes", () => {
    fc.assert(
      fc.property(cases, requests, (given, request) => {
        const answer = answerTo(plansOf(given), request);
        expect(answer).toBe(answerTo(plansOf(withoutLanes(given)), request));
        expect(answer).not.toContain("~");
      }),
      { numRuns: 300 },
    );
  });

  it("leave it there at an edge as well, unless an entry takes it", () => {
    fc.assert(
      fc.property(cases, requests, (given, request) => {
        // Where the rule and an entry split by different hashes, the entry's counts for both.
        const lanes = given.lanes.map((each) => ({
          ...each,
          entries: each.entries.map((one) => ({ ...one, hashSplit: given.hashSplit })),
        }));
        fc.pre(
          given.hashSplit !== undefined || lanes.every(({ entries: all }) => all.length === 0),
        );
        const answer = answerTo(plansOf({ ...given, lanes }, "edge"), request);
        if (answer.includes(">")) return;
        expect(answer).toBe(answerTo(plansOf(withoutLanes(given)), request));
      }),
      { numRuns: 300 },
    );
  });

  it("keep the sum of the weights, everywhere", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(undefined, "edge"), (given, at) => {
        for (const { action } of plansOf(given, at)) {
          if (action.kind !== "forward") continue;
          const sum = action.clusters.reduce((total, { weight }) => total + weight, 0);
          expect(sum).toBe(denominator);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never send a strict lane's request to the baseline of a service that may be in it", () => {
    fc.assert(
      fc.property(cases, requests, (given, request) => {
        for (const { name, mode, services: of } of given.lanes) {
          if (mode !== "strict" || of !== undefined) continue;
          const headers = { ...request.headers, "x-lane": name };
          const answer = answerTo(plansOf(given), { ...request, headers });
          expect(answer).toMatch(new RegExp(`^(nobody|(web|api)/~${name})$`));
        }
      }),
    );
  });

  it("are translated whatever they are, twice the same", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const base = state({
          services: given.services,
          routes: [route("r", [], [{ to: given.to }])],
          gateways: [gateway("edge"), gateway("inside", { listeners: [{ name: "a", port: 1 }] })],
        });
        const wanted = { ...base, lanes: new Map(given.lanes.map((each) => [each.name, each])) };
        const translate = createTranslator({ defaultGateway: undefined });
        const first = translate(wanted);
        const again = translate({ ...wanted, revision: 8n });
        for (const [name, { bundle }] of again.gateways) {
          expect(first.gateways.get(name)?.bundle).toBe(bundle);
        }
        expect(again.diagnostics).toEqual(first.diagnostics);
        // Whoever leaves the lanes comes back as if there had been none.
        const without = translate(base);
        const fresh = createTranslator({ defaultGateway: undefined })(base);
        for (const [name, { bundle }] of fresh.gateways) {
          const bytes = without.gateways.get(name)?.bundle.resources.map(({ any }) => any);
          expect(bytes).toEqual(bundle.resources.map(({ any }) => any));
        }
      }),
      { numRuns: 50 },
    );
  });
});

it("an instance of two lanes is in the first one alone", () => {
  const both = { ...instance("web", 1, { labels: { lane: "gray", env: "x" } }) };
  const subject = { ...service("web"), instances: [both, instance("web", 2)] };
  const lanes_ = [lane("a", { labels: { env: "x" } }), lane("gray")];
  const given = { services: [subject, service("api")], lanes: lanes_, to: [{ service: "web" }] };
  const plans = plansOf({ ...given, hashSplit: undefined } as unknown as Case);
  expect(answerTo(plans, { headers: { "x-lane": "a" } })).toBe("web/~a");
  expect(answerTo(plans, { headers: { "x-lane": "gray" } })).toBe("web/default");
});
