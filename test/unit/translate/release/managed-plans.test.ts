import { describe, expect, it } from "vitest";
import type { ManagedRoute } from "../../../../src/model/managed-routes.ts";
import { noEdge } from "../../../../src/translate/lane/edge.ts";
import { plansAt } from "../../../../src/translate/route/encoded-match.ts";
import { translateRoute } from "../../../../src/translate/route/route.ts";
import { noServices, translateServices } from "../../../../src/translate/services.ts";
import { exactly, planFor } from "../lane/lanes.ts";
import { route, type ServiceParts, service, state, subsetName } from "../states.ts";

const to = subsetName("v2");
const tester = { headers: [exactly("x-tester", "1")] };
const beta = { headers: [exactly("x-beta", "1")] };
const header = (name: string, ...match: (typeof tester)[]): ManagedRoute => ({
  kind: "header",
  name,
  match,
  to,
});
const mirror = (name: string, ...match: (typeof tester)[]): ManagedRoute => ({
  kind: "mirror",
  name,
  match,
  percent: 20,
  to,
});

function plansOf(routes: readonly ManagedRoute[], parts: ServiceParts = {}) {
  const web = service("web", {
    instances: [{ version: "v1" }, { version: "v2" }],
    weights: { v1: 95, v2: 5 },
    release: { salt: "", routes },
    ...parts,
  });
  const plain = route("r", [], [{ to: [{ service: "web" }] }]);
  const from = { ...state({ services: [web], routes: [plain] }), inMotion: new Set([web.name]) };
  const translated = translateServices(from, 64, noServices);
  const { matches } = translateRoute(plain, translated.byName, [], 256);
  return matches.flatMap((match) => plansAt(match, noEdge));
}

const led = (plans: ReturnType<typeof plansOf>, headers: Readonly<Record<string, string>>) => {
  const { name = "", action } = planFor(plans, { headers }) ?? {};
  const subsets = (action?.clusters ?? []).filter(({ weight }) => weight > 0);
  return [name, subsets.map(({ subset }) => subset).join("+"), action?.mirrors.length];
};

describe("routes of a release", () => {
  it("are asked in their order, and all before the split", () => {
    const plans = plansOf([header("testers", tester), mirror("copies", tester, beta)]);
    expect(led(plans, { "x-tester": "1", "x-beta": "1" })).toEqual([
      "r/0/0/rollout:web:testers",
      "v2",
      0,
    ]);
    expect(led(plans, { "x-beta": "1" })).toEqual(["r/0/0/rollout:web:copies", "v1+v2", 1]);
    expect(led(plans, {})).toEqual(["r/0/0", "v1+v2", 0]);
  });

  it("that stand behind a mirror get what it does not match", () => {
    const plans = plansOf([mirror("copies", tester), header("testers", tester, beta)]);
    expect(led(plans, { "x-tester": "1" })).toEqual(["r/0/0/rollout:web:copies", "v1+v2", 1]);
    expect(led(plans, { "x-beta": "1" })).toEqual(["r/0/0/rollout:web:testers", "v2", 0]);
  });

  it("keep what makes the weights travel in the layer", () => {
    const plans = plansOf([mirror("copies", tester)]);
    const [copied, plain] = plans.map(({ action }) =>
      action.kind === "forward" ? action : undefined,
    );
    expect(copied?.moving?.clusters).toBe(copied?.clusters);
    expect(copied?.clusters).toBe(plain?.clusters);
  });

  it.each([
    ["a guard has taken out", { latched: ["v2"] }],
    ["has no instance", { instances: [{ version: "v1" }] }],
    ["is drained", { instances: [{ version: "v1" }, { version: "v2", weight: 0 }] }],
  ])("are none to a canary that %s", (_, parts) => {
    expect(plansOf([header("testers", tester), mirror("copies", beta)], parts)).toHaveLength(1);
  });

  it("are none where all requests meet the canary", () => {
    expect(plansOf([header("testers", tester)], { weights: { v1: 0, v2: 100 } })).toHaveLength(1);
  });
});

describe("routes of several releases in one rule", () => {
  const world = (most: number) => {
    const names = ["a", "b", "c"];
    const services = names.map((name) =>
      service(name, {
        instances: [{ version: "v1" }, { version: "v2" }],
        weights: { v1: 95, v2: 5 },
        release: { salt: "", routes: [header("testers", tester, beta, tester)] },
      }),
    );
    const rule = route("r", [], [{ to: names.map((name) => ({ service: name })) }]);
    const { byName } = translateServices(
      { ...state({ services, routes: [rule] }), inMotion: new Set() },
      64,
      noServices,
    );
    const { matches, diagnostics } = translateRoute(rule, byName, [], most);
    return { plans: matches.flatMap((match) => plansAt(match, noEdge)), diagnostics };
  };

  it("multiply, as far as there is room", () => {
    const { plans, diagnostics } = world(64);
    expect(plans).toHaveLength(64);
    expect(diagnostics).toEqual([]);
  });

  it("are left out for whom there is none, and it is told", () => {
    const { plans, diagnostics } = world(63);
    expect(plans).toHaveLength(16);
    expect(diagnostics).toMatchObject([
      { code: "RELEASE_LEFT_OUT", key: "routes/r", path: "rules[0].backendRefs" },
    ]);
    expect(diagnostics[0]?.message).toContain("release of c (testers) have no room");
    const subsets = planFor(plans, { headers: { "x-tester": "1" } })?.action?.clusters;
    const ofC = subsets?.filter(({ service: name }) => name === "c").map(({ subset }) => subset);
    expect(ofC).toEqual(["v1", "v2"]);
  });
});
