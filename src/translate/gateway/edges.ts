/** What lanes ask of each gateway. Gateways of which they ask the same share one value, and with it
 * the routes that are encoded for it. */
import type { Gateway } from "../../model/gateway.ts";
import type { Lane } from "../../model/lane.ts";
import type { GatewayName } from "../../model/names.ts";
import { type Edge, edgeOf, isSameEdge, noEdge } from "../lane/edge.ts";

export interface Edges {
  readonly lanes: readonly Lane[];
  readonly byGateway: ReadonlyMap<GatewayName, Edge>;
}

export const noEdges: Edges = { lanes: [], byGateway: new Map() };

/**
 * `before`: the edges of last time, kept as long as the lanes are the same. `matchesMax`: most matches
 * of entries at one gateway.
 */
export function edgesOf(
  gateways: readonly Gateway[],
  lanes: readonly Lane[],
  matchesMax: number,
  before: Edges,
): Edges {
  const known = lanes === before.lanes ? [...before.byGateway.values()] : [];
  const byGateway = new Map<GatewayName, Edge>();
  for (const { name } of gateways) {
    const kept = lanes === before.lanes ? before.byGateway.get(name) : undefined;
    const edge = kept ?? shared(edgeOf(name, lanes, matchesMax), known);
    known.push(edge);
    byGateway.set(name, edge);
  }
  return { lanes, byGateway };
}

const shared = (made: Edge, known: readonly Edge[]): Edge =>
  [noEdge, ...known].find((other) => isSameEdge(made, other)) ?? made;
