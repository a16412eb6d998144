import { describe, expect, it } from "vitest";
import type { Lane, LaneEntry } from "../../../../src/model/lane.ts";
import type { GatewayName } from "../../../../src/model/names.ts";
import { defaultSettings, type Service } from "../../../../src/model/service.ts";
import type { HashSplit } from "../../../../src/model/traffic.ts";
import { edgeOf, noEdge } from "../../../../src/translate/lane/edge.ts";
import { plansAt } from "../../../../src/translate/route/encoded-match.ts";
import type { RoutePlan } from "../../../../src/translate/route/plan.ts";
import { translateRoute } from "../../../../src/translate/route/route.ts";
import { noServices, translateServices } from "../../../../src/translate/services.ts";
import { type RuleParts, route, service, state } from "../states.ts";
import { answerTo, byUser, entry, exactly, lane, laneMatch, planFor } from "./lanes.ts";

const versions = [{ version: "v1" }, { version: "v2" }];
const inGray = { version: "v2", labels: { lane: "gray" } };
const inBlue = { version: "v3", labels: { lane: "blue" } };
const weights = { v1: 80, v2: 20 };

interface Case {
  readonly lanes: readonly Lane[];
  readonly services?: readonly Service[];
  readonly to?: RuleParts["to"];
  readonly hashSplit?: HashSplit;
  /** Default: one that no lane knows. */
  readonly gateway?: string;
}

const web = service("web", { instances: [...versions, inGray], weights });

function plansOf({ lanes, services = [web], to, hashSplit, gateway = "mesh" }: Case) {
  const from = {
    ...state({ services }),
    lanes: new Map(lanes.map((each) => [each.name, each])),
  };
  const translated = translateServices(from, 64, noServices);
  const plain = route("r", [], [{ to: to ?? [{ service: "web" }] }]);
  const rules = plain.rules.map((rule) => ({ ...rule, hashSplit }));
  const { matches } = translateRoute({ ...plain, rules }, translated.byName, translated.lanes, 256);
  const edge = gateway === "mesh" ? noEdge : edgeOf(gateway as GatewayName, translated.lanes, 256);
  return matches.flatMap((match) => plansAt(match, edge));
}

const names = (plans: readonly RoutePlan[]): readonly string[] => plans.map(({ name }) => name);

/** Units of the denominator by answer, over every place of it. */
function counted(plans: readonly RoutePlan[], headers: Readonly<Record<string, string>> = {}) {
  const counts: Record<string, number> = {};
  for (let place = 0; place < 10_000; place++) {
    const answer = answerTo(plans, { headers, drawn: place, hash: place });
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

describe("requests in a lane", () => {
  const gray = lane("gray", { baggage: "x-lane" });

  it("go to its instances, whatever version those carry, and the others never do", () => {
    const plans = plansOf({ lanes: [gray] });
    expect(counted(plans, { "x-lane": "gray" })).toEqual({ "web/~gray": 10_000 });
    expect(counted(plans, { baggage: "a=1,x-lane=gray" })).toEqual({ "web/~gray": 10_000 });
    expect(counted(plans)).toEqual({ "web/v1": 8_000, "web/v2": 2_000 });
    expect(counted(plans, { "x-lane": "grayer" })).toEqual({ "web/v1": 8_000, "web/v2": 2_000 });
  });

  it("of two lanes go by the header where the baggage says another one", () => {
    const both = service("web", { instances: [...versions, inGray, inBlue], weights });
    const lanes = [lane("blue", { baggage: "x-lane" }), gray];
    const plans = plansOf({ lanes, services: [both] });
    const headers = { "x-lane": "gray", baggage: "x-lane=blue" };
    expect(answerTo(plans, { headers })).toBe("web/~gray");
    expect(answerTo(plans, { headers: { "x-lane": "blue" } })).toBe("web/~blue");
  });

  it("stand before each match of the rule, and no farther in front", () => {
    expect(names(plansOf({ lanes: [gray] }))).toEqual([
      "r/0/0/~gray",
      "r/0/0/~gray/baggage",
      "r/0/0",
    ]);
  });

  it("make no routes where the service has no instance of the lane", () => {
    expect(names(plansOf({ lanes: [lane("blue")] }))).toEqual(["r/0/0"]);
  });

  it("make none either where the lane leaves the service out, and its instances stay", () => {
    const plans = plansOf({ lanes: [lane("gray", { services: ["api"] })] });
    expect(names(plans)).toEqual(["r/0/0"]);
  });

  it("are split among services as ever, with each service's own part", () => {
    const api = service("api", { instances: [{ version: "v1" }] });
    const to = [{ service: "web", weight: 3 }, { service: "api" }];
    const plans = plansOf({ lanes: [gray], services: [web, api], to });
    expect(counted(plans, { "x-lane": "gray" })).toEqual({ "web/~gray": 7_500, "api/v1": 2_500 });
  });

  it("of backends with different changes of headers keep those, and both shares", () => {
    const to = [{ service: "web" }, { service: "web" }];
    const plain = route("r", [], [{ to }]);
    const changed = { set: [{ name: "x-b", value: "1" }], add: [], remove: [] };
    const rules = plain.rules.map((rule) => ({
      ...rule,
      backendRefs: rule.backendRefs.map((each, i) =>
        i === 0 ? each : { ...each, requestHeaders: changed },
      ),
    }));
    const from = { ...state({ services: [web] }), lanes: new Map([[gray.name, gray]]) };
    const { byName, lanes } = translateServices(from, 64, noServices);
    const { matches } = translateRoute({ ...plain, rules }, byName, lanes, 256);
    const [plan] = matches.flatMap((match) => plansAt(match, noEdge));
    expect(plan?.action).toMatchObject({
      clusters: [
        { subset: "~gray", weight: 5_000, requestHeaders: undefined },
        { subset: "~gray", weight: 5_000, requestHeaders: changed },
      ],
    });
  });

  it("are split by the rule's hash, and who has none gets the first backend", () => {
    const api = service("api", { instances: [{ version: "v1" }] });
    const to = [{ service: "web" }, { service: "api" }];
    const plans = plansOf({ lanes: [gray], services: [web, api], to, hashSplit: byUser });
    const known = { "x-lane": "gray", "x-user-id": "7" };
    expect(counted(plans, known)).toEqual({ "web/~gray": 5_000, "api/v1": 5_000 });
    expect(counted(plans, { "x-lane": "gray" })).toEqual({ "web/~gray": 10_000 });
  });

  it("of one cluster keep the hash, which chooses the instance", () => {
    const plans = plansOf({ lanes: [gray], hashSplit: byUser });
    const headers = { "x-lane": "gray" };
    expect(planFor(plans, { headers })?.action.hashSplit).toEqual(byUser);
  });
});

describe("a lane without usable instances", () => {
  const drained = service("web", { instances: [...versions, { ...inGray, weight: 0 }], weights });
  const headers = { "x-lane": "gray" };

  it("leaves its requests to the baseline where it is permissive", () => {
    const plans = plansOf({ lanes: [lane("gray")], services: [drained] });
    expect(counted(plans, headers)).toEqual({ "web/v1": 8_000, "web/v2": 2_000 });
  });

  it.each([drained, service("web", { instances: versions, weights })])(
    "keeps them to itself where it is strict",
    (subject) => {
      const plans = plansOf({ lanes: [lane("gray", { mode: "strict" })], services: [subject] });
      expect(counted(plans, headers)).toEqual({ "web/~gray": 10_000 });
    },
  );
});

describe("a lane whose instances are sick", () => {
  const { instances } = web;
  const healthCheck = {
    check: { kind: "tcp" },
    intervalMs: 1_000,
    timeoutMs: 1_000,
    unhealthyThreshold: 1,
    healthyThreshold: 1,
  } as const;
  const settings = { ...defaultSettings, healthCheck };
  const failoverOf = (mode: Lane["mode"], given: Record<string, number>) => {
    const subject = { ...service("web", { weights: given }), instances, settings };
    const plans = plansOf({ lanes: [lane("gray", { mode })], services: [subject] });
    const headers = { "x-lane": "gray" };
    return planFor(plans, { headers })?.action.clusters.flatMap(({ failover }) => failover);
  };

  it("falls back to all that the split gives traffic, first to the one with the most", () => {
    expect(failoverOf("permissive", { v1: 80, v2: 20 })).toEqual(["v1", "v2"]);
    expect(failoverOf("permissive", { v1: 20, v2: 80 })).toEqual(["v2", "v1"]);
    expect(failoverOf("permissive", { v1: 50, v2: 50 })).toEqual(["v1", "v2"]);
  });

  it("never to a subset at zero", () => {
    expect(failoverOf("permissive", { v1: 0, v2: 100 })).toEqual(["v2"]);
  });

  it("to nothing where it is strict", () => {
    expect(failoverOf("strict", { v1: 80, v2: 20 })).toEqual([]);
  });
});

describe("entries", () => {
  const both = service("web", { instances: [...versions, inGray, inBlue], weights });
  const atEdge = (lanes: readonly Lane[], hashSplit?: HashSplit, services = [both]) =>
    plansOf({
      lanes,
      gateway: "edge",
      services,
      ...(hashSplit === undefined ? {} : { hashSplit }),
    });
  const entering = (name: string, ...entries: readonly LaneEntry[]) => lane(name, { entries });
  const cookie = laneMatch({ cookies: [exactly("tester", "1")] });
  const header = laneMatch({ headers: [exactly("x-user-id", "1001")] });
  const tester = { cookies: { tester: "1" } };

  it("take whom they match, and mark the request, also where the lane has no instance", () => {
    const plans = atEdge([entering("gray", entry({ matches: [cookie, header] }))]);
    expect(answerTo(plans, tester)).toBe("web/~gray>gray");
    expect(answerTo(plans, { headers: { "x-user-id": "1001" } })).toBe("web/~gray>gray");
    expect(answerTo(plans, {})).toBe("web/v1");
    const elsewhere = atEdge([entering("red", entry())]);
    expect(answerTo(elsewhere, {})).toBe("web/v1>red");
  });

  it("mark requests at services that may not be in the lane, for the hops behind them", () => {
    const gray = lane("gray", { services: ["back"], entries: [entry({ matches: [cookie] })] });
    const from = { ...state({ services: [both] }), lanes: new Map([[gray.name, gray]]) };
    const { byName, lanes } = translateServices(from, 64, noServices);
    const match = byName.get(both.name)?.split.match;
    expect(match?.lanes).toEqual([]);
    const edge = edgeOf("edge" as GatewayName, lanes, 256);
    const plans = match === undefined ? [] : plansAt(match, edge);
    expect(answerTo(plans, tester)).toBe("web/v1>gray");
    expect(answerTo(plans, {})).toBe("web/v1");
  });

  it("leave a client's mark without effect, and that of one who is trusted alone", () => {
    const marked = { headers: { "x-lane": "gray" }, ...tester };
    const red = entering("red", entry({ matches: [cookie] }));
    const trusting = entering("gray", entry({ trustClient: true, matches: [header] }));
    expect(names(atEdge([red])).filter((name) => name === "r/0/0/~red")).toEqual([]);
    const alone = atEdge([{ ...red, header: "x-red" }, trusting]);
    expect(answerTo(alone, marked)).toBe("web/~gray");
    // Also at a hop where the lane has no instance: nobody is taken from one lane to another.
    const none = [service("web", { instances: versions, weights })];
    const empty = atEdge([{ ...red, header: "x-red" }, trusting], undefined, none);
    expect(answerTo(empty, marked)).toBe("web/v1");
  });

  it("take a share by chance, exactly, and leave the ratio of the others", () => {
    const plans = atEdge([entering("gray", entry({ share: 1_000 }))]);
    expect(counted(plans)).toEqual({ "web/~gray>gray": 1_000, "web/v1": 7_200, "web/v2": 1_800 });
  });

  it("take no one with a share of nothing", () => {
    expect(names(atEdge([entering("gray", entry({ share: 0 }))]))).toEqual(["r/0/0"]);
  });

  it("take a share by hash, and none of those who cannot be told apart", () => {
    const plans = atEdge([entering("gray", entry({ share: 1_000, hashSplit: byUser }))]);
    const known = { "x-user-id": "7" };
    expect(counted(plans, known)).toMatchObject({ "web/~gray>gray": 1_000 });
    expect(counted(plans)).toEqual({ "web/v1": 8_000, "web/v2": 2_000 });
    expect(counted(plans, { "x-user-id": "" })).toEqual({ "web/v1": 8_000, "web/v2": 2_000 });
  });

  it("stand side by side with the shares of other lanes", () => {
    const lanes = [
      entering("blue", entry({ share: 500 })),
      entering("gray", entry({ share: 1_000 })),
    ];
    expect(counted(atEdge(lanes))).toEqual({
      "web/~blue>blue": 500,
      "web/~gray>gray": 1_000,
      "web/v1": 6_800,
      "web/v2": 1_700,
    });
  });

  it("with conditions come before those without, whatever the order of the lanes", () => {
    const lanes = [
      entering("blue", entry({ share: 500 })),
      entering("gray", entry({ matches: [cookie], share: 5_000 })),
    ];
    const plans = atEdge(lanes);
    const forTesters = { blue: 0, gray: 0 };
    for (let drawn = 0; drawn < 10_000; drawn++) {
      const answer = answerTo(plans, { ...tester, drawn });
      if (answer.endsWith(">gray")) forTesters.gray++;
      if (answer.endsWith(">blue")) forTesters.blue++;
    }
    expect(forTesters).toEqual({ gray: 5_000, blue: 500 });
    expect(counted(plans)).toMatchObject({ "web/~blue>blue": 500 });
  });

  it("that take all come before shares", () => {
    const lanes = [
      entering("blue", entry({ share: 500 })),
      entering("gray", entry({ matches: [cookie] })),
    ];
    expect(answerTo(atEdge(lanes), tester)).toBe("web/~gray>gray");
  });

  it("change nobody's place in a rule's own split by hash", () => {
    const known = { "x-user-id": "7" };
    const before = atEdge([lane("gray"), lane("blue")], byUser);
    for (const own of [undefined, byUser]) {
      const plans = atEdge(
        [entering("gray", entry({ share: 1_000, hashSplit: own })), lane("blue")],
        byUser,
      );
      let taken = 0;
      for (let hash = 0; hash < 10_000; hash++) {
        const answer = answerTo(plans, { headers: known, hash });
        if (answer === "web/~gray>gray") taken++;
        else expect(answer).toBe(answerTo(before, { headers: known, hash }));
      }
      expect(taken).toBe(1_000);
    }
  });

  it("by chance take their share of those as well whom the rule's hash does not know", () => {
    const plans = atEdge([entering("gray", entry({ share: 1_000 }))], byUser);
    expect(counted(plans)).toEqual({ "web/~gray>gray": 1_000, "web/v1": 9_000 });
  });

  it("that take all do so where the rule splits by hash, too", () => {
    const api = service("api", { instances: [{ version: "v1" }] });
    const plans = plansOf({
      lanes: [entering("gray", entry())],
      services: [web, api],
      to: [{ service: "web" }, { service: "api" }],
      hashSplit: byUser,
      gateway: "edge",
    });
    expect(counted(plans)).toEqual({ "web/~gray>gray": 10_000 });
    expect(counted(plans, { "x-user-id": "7" })).toEqual({
      "web/~gray>gray": 5_000,
      "api/v1>gray": 5_000,
    });
  });

  it("add to the baggage, and their mark wins over the rule's own", () => {
    const [first] = atEdge([lane("gray", { baggage: "lane", entries: [entry()] })]);
    expect(first?.action).toMatchObject({
      requestHeaders: {
        set: [{ name: "x-lane", value: "gray" }],
        add: [{ name: "baggage", value: "lane=gray" }],
        remove: [],
      },
    });
  });

  it("do nothing where a rule redirects or answers by itself", () => {
    const plans = plansOf({
      lanes: [entering("gray", entry())],
      to: [{ service: "nowhere" }],
      gateway: "edge",
    });
    expect(plans.map(({ action }) => action)).toEqual([{ kind: "respond", status: 500 }]);
  });
});
