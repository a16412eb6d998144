/**
 * The routes of one match, encoded for where they are attached. Mostly they are the same at every
 * listener, and then encoded once.
 */
import type { Lane } from "../../model/lane.ts";
import { type Edge, noEdge } from "../lane/edge.ts";
import { withLanes } from "../lane/lane-plans.ts";
import type { FoundServices } from "./backends.ts";
import { type EncodedRoute, envoyRoutes } from "./envoy-route.ts";
import type { RoutePlan } from "./plan.ts";
import { dependsOnListener, type ListenerContext } from "./redirect.ts";

/** The plans of one match, before lanes. */
export interface PlannedMatch {
  /** The last one has the bare match; those before it ask for more. */
  readonly plans: readonly RoutePlan[];
  readonly lanes: readonly Lane[];
  readonly found: FoundServices;
}

/** Where a match is attached. */
export interface RouteContext extends ListenerContext {
  readonly edge: Edge;
}

const encoded = new WeakMap<PlannedMatch, Map<string, readonly EncodedRoute[]>>();
const edgeKeys = new WeakMap<Edge, string>();
let edges = 0;

/** The same objects for the same match and place. */
export function encodedAt(match: PlannedMatch, at: RouteContext): readonly EncodedRoute[] {
  const memo = encoded.get(match) ?? new Map<string, readonly EncodedRoute[]>();
  encoded.set(match, memo);
  const key = placeKey(match, at);
  const known = memo.get(key);
  if (known !== undefined) return known;
  const made = plansAt(match, at.edge).flatMap((plan) => envoyRoutes(plan, at));
  memo.set(key, made);
  return made;
}

/** With the routes of lanes before them. */
export const plansAt = ({ plans, lanes, found }: PlannedMatch, edge: Edge): readonly RoutePlan[] =>
  withLanes(plans, lanes, edge, found);

function placeKey({ plans, lanes }: PlannedMatch, { edge, scheme, port }: RouteContext): string {
  const isRelative = plans.some(
    ({ action }) => action.kind === "redirect" && dependsOnListener(action.redirect),
  );
  const listener = isRelative ? `${scheme}:${port}` : "";
  return lanes.length === 0 || edge === noEdge ? listener : `${listener} ${edgeKey(edge)}`;
}

function edgeKey(edge: Edge): string {
  const known = edgeKeys.get(edge);
  if (known !== undefined) return known;
  edges += 1;
  const key = String(edges);
  edgeKeys.set(edge, key);
  return key;
}
