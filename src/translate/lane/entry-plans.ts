/** Routes that bring requests into lanes at an edge. */
import type { LaneMatch } from "../../model/lane.ts";
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
  return [
    ...whole.flatMap((each) => wholePlans(base, each, found)),
    ...groups.flatMap((group) => partialPlans(base, group, found)),
  ];
}

function wholePlans(base: Base, each: EdgeEntry, found: FoundServices): readonly RoutePlan[] {
  const { lane } = each;
  const clusters = laneClusters(base.action.clusters, lane, found) ?? base.action.clusters;
  const requestHeaders = withMark(base.action.requestHeaders, lane);
  const action = { ...base.action, clusters, requestHeaders };
  return placesOf(base, each).flatMap(({ name, match }) => forwardPlans(name, match, action));
}

function partialPlans(base: Base, group: EntryGroup, found: FoundServices): readonly RoutePlan[] {
  const { action } = base;
  const [first] = group;
  const own = first.entry.hashSplit;
  const shares = group.map(({ lane, entry }): LaneShare => {
    const inLane = (clusters: readonly PlannedCluster[]) =>
      (laneClusters(clusters, lane, found) ?? clusters).map((each) => markedBy(each, lane));
    return { share: entry.share, inLane };
  });
  const draw = (hashSplit: HashSplit | undefined): ForwardPlan => ({
    ...action,
    clusters: drawnShares(action.clusters, shares),
    hashSplit,
  });
  return placesOf(base, first).flatMap(({ name, match }) => {
    if (
      action.hashSplit !== undefined &&
      (own === undefined || drawKey(own) === drawKey(action.hashSplit))
    ) {
      return besideSplit({ name, match, action }, action.hashSplit, own, shares);
    }
    // Who cannot be told apart is in no lane, and goes on to the routes behind.
    const who = own === undefined ? match : identified(match, own);
    return [{ name, match: who, action: draw(own) }];
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

const joinedMatch = (match: RouteMatch, also: LaneMatch): RouteMatch => ({
  ...match,
  headers: [...match.headers, ...also.headers],
  cookies: [...match.cookies, ...also.cookies],
  queryParams: [...match.queryParams, ...also.queryParams],
});
