/**
 * The routes of one match, encoded for where they are attached. Mostly they are the same at every
 * listener, and then encoded once.
 */
import type { Lane } from "../../model/lane.ts";
import type { Edge } from "../lane/edge.ts";
import { withLanes } from "../lane/lane-plans.ts";
import { withManaged } from "../release/managed-plans.ts";
import type { FoundServices } from "./backends.ts";
import { type EncodedRoute, envoyRoutes } from "./envoy-route.ts";
import type { RoutePlan } from "./plan.ts";
import { dependsOnListener, type ListenerContext } from "./redirect.ts";
import type { ServiceRouting } from "./routing.ts";

/** The plans of one match, before lanes and releases. */
export interface PlannedMatch {
  /** The last one has the bare match; those before it ask for more. */
  readonly plans: readonly RoutePlan[];
  readonly lanes: readonly Lane[];
  readonly found: FoundServices;
  /** Of which the routes stand before these. */
  readonly releases: readonly ServiceRouting[];
}

/** Where a match is attached. */
export interface RouteContext extends ListenerContext {
  readonly edge: Edge;
}

type Memo = WeakMap<PlannedMatch, Map<string, readonly EncodedRoute[]>>;

/** An edge that no gateway has any more takes with it what was encoded for it. */
const encoded = new WeakMap<Edge, Memo>();

/** The same objects for the same match and place. */
export function encodedAt(match: PlannedMatch, at: RouteContext): readonly EncodedRoute[] {
  const atEdge: Memo = encoded.get(at.edge) ?? new WeakMap();
  encoded.set(at.edge, atEdge);
  const memo = atEdge.get(match) ?? new Map<string, readonly EncodedRoute[]>();
  atEdge.set(match, memo);
  const key = listenerKey(match, at);
  const known = memo.get(key);
  if (known !== undefined) return known;
  const made = plansAt(match, at.edge).flatMap((plan) => envoyRoutes(plan, at));
  memo.set(key, made);
  return made;
}

/** With the routes of lanes before them, and before each of all these the routes of releases. */
export const plansAt = (
  { plans, lanes, found, releases }: PlannedMatch,
  edge: Edge,
): readonly RoutePlan[] =>
  withManaged(withLanes(plans, lanes, edge, found), releases, ["header", "mirror"]);

function listenerKey({ plans }: PlannedMatch, { scheme, port }: RouteContext): string {
  const isRelative = plans.some(
    ({ action }) => action.kind === "redirect" && dependsOnListener(action.redirect),
  );
  return isRelative ? `${scheme}:${port}` : "";
}
