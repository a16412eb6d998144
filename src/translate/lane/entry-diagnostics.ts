/** Lanes and entries that stand in each other's way, each told once, at the first gateway. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";
import type { GatewayName } from "../../model/names.ts";
import { sameElements } from "../equal.ts";
import { denominator } from "../split/apportion.ts";
import { doubt } from "./doubt.ts";
import { type Edge, edgeOf } from "./edge.ts";
import { type EdgeEntry, inOrder, isBeside, isForAll } from "./entry-order.ts";

interface Told {
  readonly gateways: readonly GatewayName[];
  readonly diagnostics: readonly Diagnostic[];
}

const last = new WeakMap<readonly Lane[], Told>();

/** Nothing is looked at again while lanes and gateways stay. */
export function entryDiagnostics(
  lanes: readonly Lane[],
  gateways: readonly GatewayName[],
): readonly Diagnostic[] {
  const before = last.get(lanes);
  if (before !== undefined && sameElements(before.gateways, gateways)) return before.diagnostics;
  const diagnostics = firstOfEachPlace([
    ...sameMarks(lanes),
    ...gateways.toSorted().flatMap((gateway) => {
      const edge = edgeOf(gateway, lanes);
      const lost = edge.entries.flatMap((each) => strippedMarks(each, edge, gateway));
      return [...lost, ...starved(edge.entries, gateway)];
    }),
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

/** A lane that trusts clients shares a header with one that does not. */
function strippedMarks(
  { lane, entry, index }: EdgeEntry,
  { entries, stripped }: Edge,
  gateway: GatewayName,
): readonly Diagnostic[] {
  if (!entry.trustClient) return [];
  const marks = lane.baggage === undefined ? [lane.header] : [lane.header, "baggage"];
  const lost = marks.find((header) => stripped.includes(header));
  if (lost === undefined) return [];
  const others = new Set(
    entries.filter((each) => !each.entry.trustClient).map((each) => each.lane),
  );
  const names = [...others].filter((other) => other !== lane).map(({ name }) => name);
  const message = `gateway ${gateway} takes ${lost} away from clients, because of ${names.join(", ")}`;
  return [doubt("LANE_STRIPPED", lane, `entries[${index}].trustClient`, message)];
}

/** Entries that others leave nothing to, or less than they want. */
function starved(entries: readonly EdgeEntry[], gateway: GatewayName): readonly Diagnostic[] {
  const { whole, partial } = inOrder(entries);
  const sorted = [...whole, ...partial];
  return sorted.flatMap((each, i) => {
    const before = sorted.slice(0, i);
    const path = `entries[${each.index}]`;
    const taker = before.find((other) => takesAll(other, each));
    if (taker !== undefined) {
      const message = `all requests at gateway ${gateway} are decided on by an entry of lane ${taker.lane.name} before this one`;
      return [doubt("LANE_CLASH", each.lane, path, message)];
    }
    if (i < whole.length) return [];
    const beside = before.filter((other) => partial.includes(other) && isBeside(other, each));
    const taken = beside.reduce((sum, { entry }) => sum + entry.share, 0);
    if (taken + each.entry.share <= denominator) return [];
    const left = Math.max(0, denominator - taken) / 100;
    const message = `shares at gateway ${gateway} are more than 100 % together: ${left} % is left for this one`;
    return [doubt("LANE_CLASH", each.lane, path, message)];
  });
}

/** Whether none of the requests that `entry` means get beyond `before`. */
function takesAll(before: EdgeEntry, entry: EdgeEntry): boolean {
  if (!isForAll(before)) return false;
  if (before.entry.share === denominator) return true;
  return before.entry.hashSplit === undefined && !isBeside(before, entry);
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
