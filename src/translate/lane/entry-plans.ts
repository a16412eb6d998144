/** Routes that bring requests into lanes at an edge. */
import type { Lane, LaneMatch } from "../../model/lane.ts";
import type { RouteMatch } from "../../model/route.ts";
import type { HashSplit } from "../../model/traffic.ts";
import type { FoundServices } from "../route/backends.ts";
import type { ForwardPlan, PlannedCluster, RoutePlan } from "../route/plan.ts";
import { identified } from "../route/plan-rule.ts";
import { denominator } from "../split/apportion.ts";
import { drawKey, type EdgeEntry, type EntryGroup, type EntryOrder } from "./entry-order.ts";
import { type Base, forwardPlans, laneName } from "./lane-base.ts";
import { laneClusters } from "./lane-clusters.ts";
import { markedBy, withMark } from "./mark.ts";
import { cutShares, drawnShares, type LaneShare } from "./shares.ts";

export function entryPlans(
  base: Base,
  { whole, groups }: EntryOrder,
  found: FoundServices,
): readonly RoutePlan[] {
  // What entries have in common is one object, which is encoded once.
  const draws = new Map<string, ForwardPlan>();
  const actions = new Map<Lane, ForwardPlan>();
  for (const { lane } of whole) {
    if (!actions.has(lane)) actions.set(lane, wholeAction(base, lane, found));
  }
  return [
    ...whole.flatMap((each) => {
      const action = actions.get(each.lane) ?? base.action;
      return placesOf(base, each).flatMap(({ name, match }) => forwardPlans(name, match, action));
    }),
    ...groups.flatMap((group) => partialPlans(base, group, found, draws)),
  ];
}

function wholeAction({ action }: Base, lane: Lane, found: FoundServices): ForwardPlan {
  const clusters = laneClusters(action.clusters, lane, found) ?? action.clusters;
  return { ...action, clusters, requestHeaders: withMark(action.requestHeaders, lane) };
}

function partialPlans(
  base: Base,
  group: EntryGroup,
  found: FoundServices,
  draws: Map<string, ForwardPlan>,
): readonly RoutePlan[] {
  const { action } = base;
  const [first] = group;
  const own = first.entry.hashSplit;
  const shares = group.map(({ lane, entry }): LaneShare => {
    const inLane = (clusters: readonly PlannedCluster[]) =>
      (laneClusters(clusters, lane, found) ?? clusters).map((each) => markedBy(each, lane));
    return { share: entry.share, inLane };
  });
  const key = [
    drawKey(own),
    ...group.map(({ lane, entry }) => `${lane.name} ${entry.share}`),
  ].join();
  const drawn = draws.get(key) ?? {
    ...action,
    clusters: drawnShares(action.clusters, shares),
    hashSplit: own,
  };
  draws.set(key, drawn);
  return placesOf(base, first).flatMap(({ name, match }) => {
    if (
      action.hashSplit !== undefined &&
      (own === undefined || drawKey(own) === drawKey(action.hashSplit))
    ) {
      return besideSplit({ name, match, action }, action.hashSplit, own, shares);
    }
    // Who cannot be told apart is in no lane, and goes on to the routes behind.
    const who = own === undefined ? match : identified(match, own);
    return [{ name, match: who, action: drawn }];
  });
}

/** Where the rule splits by a hash, it also takes the shares by it: nobody else changes place. */
function besideSplit(
  { name, match, action }: Base,
  split: HashSplit,
  own: HashSplit | undefined,
  shares: readonly LaneShare[],
): readonly RoutePlan[] {
  const cut = { ...action, clusters: cutShares(action.clusters, shares) };
  const known = { name, match: identified(match, split), action: cut };
  const stable = action.clusters.find(({ weight }) => weight > 0);
  if (own !== undefined || stable === undefined) return [known];
  const clusters = drawnShares([{ ...stable, weight: denominator }], shares);
  return [
    known,
    { name: `${name}/others`, match, action: { ...action, clusters, hashSplit: undefined } },
  ];
}

/** One route for each match of the entry. */
function placesOf(
  base: Base,
  { lane, entry, index }: EdgeEntry,
): readonly Pick<RoutePlan, "name" | "match">[] {
  const matches = entry.matches.length === 0 ? [noCondition] : entry.matches;
  return matches.map((match, i) => ({
    name: `${laneName(base, lane)}/entry-${index}-${i}`,
    match: joinedMatch(base.match, match),
  }));
}

const noCondition: LaneMatch = { headers: [], cookies: [], queryParams: [] };

const joined = new WeakMap<LaneMatch, WeakMap<RouteMatch, RouteMatch>>();

/** The same object for the same matches: services have theirs in common, and it is encoded once. */
function joinedMatch(match: RouteMatch, also: LaneMatch): RouteMatch {
  const known = joined.get(also) ?? new WeakMap<RouteMatch, RouteMatch>();
  joined.set(also, known);
  const made = known.get(match) ?? {
    ...match,
    headers: [...match.headers, ...also.headers],
    cookies: [...match.cookies, ...also.cookies],
    queryParams: [...match.queryParams, ...also.queryParams],
  };
  known.set(match, made);
  return made;
}
