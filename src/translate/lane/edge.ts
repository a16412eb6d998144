/** What lanes ask of one gateway: entries for its requests, and headers of clients to take away. */
import type { Lane } from "../../model/lane.ts";
import type { GatewayName } from "../../model/names.ts";
import type { EdgeEntry } from "./entry-order.ts";

export interface Edge {
  /** In the order of the lanes, and there of their entries. */
  readonly entries: readonly EdgeEntry[];
  /** Request headers, lower case and sorted, that clients must not send; taken away before routing. */
  readonly stripped: readonly string[];
}

export const noEdge: Edge = { entries: [], stripped: [] };

/** A gateway that no entry names is inside: it believes what the hop before it says. */
export function edgeOf(gateway: GatewayName, lanes: readonly Lane[]): Edge {
  const entries = lanes.flatMap((lane) =>
    lane.entries
      .map((entry, index) => ({ lane, entry, index }))
      .filter(({ entry: { gateways } }) => gateways === undefined || gateways.includes(gateway)),
  );
  return entries.length === 0 ? noEdge : { entries, stripped: strippedBy(entries) };
}

/** Of the lanes that trust no client here. Lanes that share a header share its fate. */
function strippedBy(entries: readonly EdgeEntry[]): readonly string[] {
  const stripped = new Set<string>();
  for (const lane of new Set(entries.map((each) => each.lane))) {
    if (entries.some((each) => each.lane === lane && each.entry.trustClient)) continue;
    stripped.add(lane.header);
    // A client's baggage may claim any lane; no part of it can be told from the rest by Envoy.
    if (lane.baggage !== undefined) stripped.add("baggage");
  }
  return [...stripped].sort();
}
