/** Lanes and entries that stand in each other's way, each told once, at the first gateway. */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";
import type { GatewayName } from "../../model/names.ts";
import { sameElements } from "../equal.ts";
import { denominator } from "../split/apportion.ts";
import { doubt, refusal } from "./doubt.ts";
import type { Edge } from "./edge.ts";
import { type EdgeEntry, type EntryOrder, isForAll, isPartial } from "./entry-order.ts";
import { namesOf } from "./names-of.ts";

interface Told {
  readonly gateways: readonly GatewayName[];
  readonly diagnostics: readonly Diagnostic[];
}

const last = new WeakMap<readonly Lane[], Told>();

/** Nothing is looked at again while lanes and gateways stay. */
export function entryDiagnostics(
  lanes: readonly Lane[],
  edges: ReadonlyMap<GatewayName, Edge>,
): readonly Diagnostic[] {
  const gateways = [...edges.keys()];
  const before = last.get(lanes);
  if (before !== undefined && sameElements(before.gateways, gateways)) return before.diagnostics;
  const diagnostics = firstOfEachPlace([
    ...sameMarks(lanes),
    ...[...edges]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([gateway, edge]) => [
        ...edge.leftOut.map((each) => leftOut(each, gateway)),
        ...strippedMarks(edge, gateway),
        ...starved(edge, gateway),
      ]),
    ...lanes.flatMap(everywhere),
  ]);
  last.set(lanes, { gateways, diagnostics });
  return diagnostics;
}

function firstOfEachPlace(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const told = new Map<string, Diagnostic>();
  for (const each of diagnostics) {
    const place = `${each.code} ${each.key} ${each.path}`;
    if (!told.has(place)) told.set(place, each);
  }
  return [...told.values()];
}

function sameMarks(lanes: readonly Lane[]): readonly Diagnostic[] {
  const owners = new Map<string, Lane>();
  return lanes.flatMap((lane) => {
    const mark = `${lane.header}: ${lane.value}`;
    const owner = owners.get(mark);
    owners.set(mark, owner ?? lane);
    if (owner === undefined) return [];
    const message = `requests with ${mark} are in lane ${owner.name}, wherever it has instances`;
    return [doubt("LANE_CLASH", lane, "value", message)];
  });
}

function leftOut({ lane, index }: EdgeEntry, gateway: GatewayName): Diagnostic {
  const message = `gateway ${gateway} has no room for this entry: with those of the lanes before it there are more matches than fit, and it takes nobody; give fewer matches, or regular expressions in place of many`;
  return refusal("LANE_LEFT_OUT", lane, `entries[${index}]`, message);
}

/** A lane that trusts clients shares a header with one that does not. */
function strippedMarks(
  { entries, leftOut: beyond, stripped }: Edge,
  gateway: GatewayName,
): readonly Diagnostic[] {
  if (stripped.length === 0) return [];
  const others = new Set(
    [...entries, ...beyond].filter((each) => !each.entry.trustClient).map((each) => each.lane),
  );
  return entries.flatMap(({ lane, entry, index }) => {
    if (!entry.trustClient) return [];
    const marks = lane.baggage === undefined ? [lane.header] : [lane.header, "baggage"];
    const lost = marks.find((header) => stripped.includes(header));
    if (lost === undefined) return [];
    const names = [...others].filter((other) => other !== lane).map(({ name }) => name);
    const message = `gateway ${gateway} takes ${lost} away from clients, because of ${namesOf(names)}`;
    return [doubt("LANE_STRIPPED", lane, `entries[${index}].trustClient`, message)];
  });
}

/** Entries that others leave nothing to. */
function starved({ entries, order }: Edge, gateway: GatewayName): readonly Diagnostic[] {
  const told = (each: EdgeEntry, taker: EdgeEntry): Diagnostic => {
    const message = `all requests at gateway ${gateway} are decided on by an entry of lane ${taker.lane.name} before this one`;
    return doubt("LANE_CLASH", each.lane, `entries[${each.index}]`, message);
  };
  const { whole } = order;
  const partial = entries.filter(isPartial);
  const takesAll = whole.find(isForAll);
  if (takesAll !== undefined) {
    const behind = [...whole.slice(whole.indexOf(takesAll) + 1), ...partial];
    return behind.map((each) => told(each, takesAll));
  }
  // Who is drawn by chance, and not taken, is not asked for a hash any more.
  const byChance = ({ entry }: EdgeEntry): boolean => entry.hashSplit === undefined;
  const forAll = partial.filter(isForAll);
  const first = forAll.findIndex(byChance);
  const chance = forAll[first];
  const lost = chance === undefined ? [] : forAll.slice(first).filter((each) => !byChance(each));
  return [
    ...(chance === undefined ? [] : lost.map((each) => told(each, chance))),
    ...shortOf(order, new Set(lost), gateway),
  ];
}

/** Entries that get less than they want. */
function shortOf(
  { groups }: EntryOrder,
  lost: ReadonlySet<EdgeEntry>,
  gateway: GatewayName,
): readonly Diagnostic[] {
  return groups.flatMap((group) => {
    let left = denominator;
    return group.flatMap((each) => {
      const before = left;
      left = Math.max(0, before - each.entry.share);
      if (lost.has(each) || each.entry.share <= before) return [];
      const message = `shares at gateway ${gateway} are more than 100 % together: ${before / 100} % is left for this one`;
      return [doubt("LANE_CLASH", each.lane, `entries[${each.index}]`, message)];
    });
  });
}

/**
 * An application inside, whose proxy has the same gateway as the clients, cannot be told from them.
 */
function everywhere(lane: Lane): readonly Diagnostic[] {
  const index = lane.entries.findIndex(
    ({ gateways, trustClient }) => gateways === undefined && !trustClient,
  );
  if (index === -1 || lane.entries.some(({ trustClient }) => trustClient)) return [];
  const message =
    "the entry names no gateway, so every gateway takes the lane's mark away, also from applications that pass it on: name the gateways at the edge";
  return [doubt("LANE_STRIPPED", lane, `entries[${index}]`, message)];
}
