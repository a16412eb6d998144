/** Lanes with many entries: work is counted, not timed, and what does not fit is told. */
import { describe, expect, it } from "vitest";
import type { Lane, LaneEntry } from "../../../../src/model/lane.ts";
import type { GatewayName } from "../../../../src/model/names.ts";
import { edgeOf, noEdge } from "../../../../src/translate/lane/edge.ts";
import { entryDiagnostics } from "../../../../src/translate/lane/entry-diagnostics.ts";
import { plansAt } from "../../../../src/translate/route/encoded-match.ts";
import { noServices, translateServices } from "../../../../src/translate/services.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { gateway, service, state } from "../states.ts";
import { answerTo, byUser, entry, exactly, lane, laneMatch } from "./lanes.ts";

const web = service("web", { instances: [{ version: "v1" }, { labels: { lane: "l0" } }] });
const edge = "edge" as GatewayName;

const forUser = (user: string) => laneMatch({ headers: [exactly("x-user-id", user)] });

/** Every other entry is drawn by hash, and each third one is for all. */
const entryOf = (l: number, e: number): LaneEntry =>
  entry({
    share: 1 + e,
    hashSplit: e % 2 === 0 ? byUser : undefined,
    matches: e % 3 === 0 ? [] : [forUser(`${l}-${e}`)],
  });

const lanesOf = (count: number, entries: number): readonly Lane[] =>
  Array.from({ length: count }, (_, l) =>
    lane(`l${l}`, { entries: Array.from({ length: entries }, (__, e) => entryOf(l, e)) }),
  );

function counting(lanes: readonly Lane[], counted: () => void): readonly Lane[] {
  const watched = (one: LaneEntry): LaneEntry =>
    new Proxy(one, {
      get(target, name) {
        if (name === "matches" || name === "hashSplit") counted();
        return Reflect.get(target, name);
      },
    });
  return lanes.map((each) => ({ ...each, entries: each.entries.map(watched) }));
}

/** How often entries are looked at: for the edge, its diagnostics, and one match of a route. */
function looks(entries: number): readonly number[] {
  let count = 0;
  const lanes = counting(lanesOf(4, entries), () => count++);
  const counts: number[] = [];
  const counted = <T>(made: T): T => {
    counts.push(count);
    count = 0;
    return made;
  };
  const from = { ...state({ services: [web] }), lanes: new Map(lanes.map((e) => [e.name, e])) };
  const services = translateServices(from, 64, noServices);
  const match = services.byName.get(web.name)?.split.match;
  count = 0;
  const made = counted(edgeOf(edge, lanes, 1_024));
  counted(entryDiagnostics(lanes, new Map([[edge, made]])));
  const plans = counted(match === undefined ? [] : plansAt(match, made));
  expect(plans.length).toBeGreaterThan(entries);
  return counts;
}

describe("entries", () => {
  it("are looked at a few times each, however many others there are", () => {
    const few = looks(8);
    const many = looks(64);
    for (const [i, count] of many.entries()) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(12 * 4 * 64);
      expect(count).toBeLessThanOrEqual(9 * (few[i] ?? 0));
    }
  });

  it("of one lane and share have one action, and one match for all services", () => {
    const users = Array.from({ length: 16 }, (_, n) => entry({ matches: [forUser(`${n}`)] }));
    const shares = users.map((each) => ({ ...each, share: 500 }));
    const lanes = [lane("l0", { entries: users }), lane("l1", { entries: shares })];
    const others = [web, service("api", { instances: [{ version: "v1" }] })];
    const from = { ...state({ services: others }), lanes: new Map(lanes.map((e) => [e.name, e])) };
    const made = edgeOf(edge, lanes, 256);
    const plans = [...translateServices(from, 64, noServices).byName.values()].map(({ split }) =>
      plansAt(split.match, made).filter(({ name }) => name.includes("entry")),
    );
    for (const each of plans) {
      expect(each).toHaveLength(32);
      expect(new Set(each.map(({ action }) => action)).size).toBe(2);
    }
    expect(new Set(plans.flat().map(({ match }) => match)).size).toBe(16);
  });

  it("are put in order once for a gateway, and not for each match", () => {
    const made = edgeOf(edge, lanesOf(2, 4), 1_024);
    expect(made.order.groups.flat().length).toBeGreaterThanOrEqual(made.entries.length);
    expect(noEdge.order).toEqual({ whole: [], groups: [] });
  });
});

describe("more matches of entries than fit", () => {
  const users = ["1", "2", "3"].map(forUser);
  const blue = lane("blue", {
    entries: [entry({ matches: users.slice(0, 2) }), entry({ share: 0 })],
  });
  const gray = lane("gray", { header: "x-gray", entries: [entry({ matches: users })] });
  const red = lane("red", { header: "x-red", entries: [entry({ matches: users.slice(0, 1) })] });
  const lanes = [blue, gray, red];

  it("leave out all behind, and what clients send is taken away for those, too", () => {
    const made = edgeOf(edge, lanes, 5);
    expect(made.entries.map((each) => each.lane.name)).toEqual(["blue", "blue"]);
    expect(made.leftOut.map((each) => each.lane.name)).toEqual(["gray", "red"]);
    expect(made.lanes).toEqual([blue]);
    expect(made.stripped).toEqual(["x-gray", "x-lane", "x-red"]);
    expect(edgeOf(edge, lanes, 6).leftOut.map((each) => each.lane.name)).toEqual(["red"]);
    expect(edgeOf(edge, lanes, 7).leftOut).toEqual([]);
  });

  it("are an error of each entry that takes nobody", () => {
    const limits = {
      subsets: 64,
      edgeMatches: 5,
      releaseRoutes: 256,
      layerServices: 100,
      diagnosticsPerKey: 16,
    };
    const wanted = {
      ...state({ services: [web], gateways: [gateway("edge"), gateway("mesh")] }),
      lanes: new Map(lanes.map((each) => [each.name, each])),
    };
    const { diagnostics } = createTranslator({ defaultGateway: undefined, limits })(wanted);
    const told = diagnostics.filter(({ code }) => code === "LANE_LEFT_OUT");
    expect(told.map(({ severity, key, path }) => `${severity} ${key} ${path}`)).toEqual([
      "error lanes/gray entries[0]",
      "error lanes/red entries[0]",
    ]);
    expect(told[0]?.message).toContain("gateway edge has no room for this entry");
  });

  it("leave the requests of the others in the baseline", () => {
    const from = { ...state({ services: [web] }), lanes: new Map(lanes.map((e) => [e.name, e])) };
    const services = translateServices(from, 64, noServices);
    const match = services.byName.get(web.name)?.split.match;
    const plans = match === undefined ? [] : plansAt(match, edgeOf(edge, lanes, 5));
    expect(answerTo(plans, { headers: { "x-user-id": "2" } })).toContain(">blue");
    expect(answerTo(plans, { headers: { "x-user-id": "3" } })).not.toContain(">");
  });
});
