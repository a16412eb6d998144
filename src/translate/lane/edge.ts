/** What lanes ask of one gateway: entries for its requests, and headers of clients to take away. */
import type { Lane } from "../../model/lane.ts";
import type { GatewayName } from "../../model/names.ts";
import { sameElements } from "../equal.ts";
import { type EdgeEntry, type EntryOrder, inOrder } from "./entry-order.ts";

export interface Edge {
  /** In the order of the lanes, and there of their entries; as many as fit. */
  readonly entries: readonly EdgeEntry[];
  /** The others, which take nobody; what clients send is taken away for them as well. */
  readonly leftOut: readonly EdgeEntry[];
  /** The entries as they are asked. */
  readonly order: EntryOrder;
  /** Lanes that the entries lead to. */
  readonly lanes: readonly Lane[];
  /** Request headers, lower case and sorted, that clients must not send; taken away before routing. */
  readonly stripped: readonly string[];
}

export const noEdge: Edge = {
  entries: [],
  leftOut: [],
  order: inOrder([]),
  lanes: [],
  stripped: [],
};

/**
 * A gateway that no entry names is inside: it believes what the hop before it says. `matchesMax`:
 * most matches of entries, each of which is a route for every match of every route.
 */
export function edgeOf(gateway: GatewayName, lanes: readonly Lane[], matchesMax: number): Edge {
  const all = lanes.flatMap((lane) =>
    lane.entries
      .map((entry, index) => ({ lane, entry, index }))
      .filter(({ entry: { gateways } }) => gateways === undefined || gateways.includes(gateway)),
  );
  if (all.length === 0) return noEdge;
  const fitting = fittingOf(all, matchesMax);
  const entries = all.slice(0, fitting);
  return {
    entries,
    leftOut: all.slice(fitting),
    order: inOrder(entries),
    lanes: [...new Set(entries.map(({ lane }) => lane))],
    stripped: strippedBy(all),
  };
}

/** Shares do not count, so that nobody is pushed out while one grows from nothing. */
function fittingOf(entries: readonly EdgeEntry[], matchesMax: number): number {
  let matches = 0;
  const first = entries.findIndex(({ entry }) => {
    matches += Math.max(1, entry.matches.length);
    return matches > matchesMax;
  });
  return first === -1 ? entries.length : first;
}

/** Of the lanes that trust no client here. Lanes that share a header share its fate. */
function strippedBy(entries: readonly EdgeEntry[]): readonly string[] {
  const stripped = new Set<string>();
  const trusting = new Set(entries.filter((each) => each.entry.trustClient).map(laneOf));
  for (const lane of new Set(entries.map(laneOf))) {
    if (trusting.has(lane)) continue;
    stripped.add(lane.header);
    // A client's baggage may claim any lane; no part of it can be told from the rest by Envoy.
    if (lane.baggage !== undefined) stripped.add("baggage");
  }
  return [...stripped].sort();
}

const laneOf = ({ lane }: EdgeEntry): Lane => lane;

/** The rest follows from the entries. */
export const isSameEdge = (a: Edge, b: Edge): boolean =>
  sameElements(a.stripped, b.stripped) &&
  sameEntries(a.entries, b.entries) &&
  sameEntries(a.leftOut, b.leftOut);

const sameEntries = (a: readonly EdgeEntry[], b: readonly EdgeEntry[]): boolean =>
  sameElements(
    a.map(({ entry }) => entry),
    b.map(({ entry }) => entry),
  ) && sameElements(a.map(laneOf), b.map(laneOf));
