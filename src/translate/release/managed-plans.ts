/**
 * Routes of releases (`setHeaderRoute`, `setMirrorRoute`) as plans. Each stands right before the plan that it is
 * made of, and asks for what that one asks for and for more: it gets no request but those that would have
 * come to that plan, and does with them all that it does, but for the version that answers.
 */
import { managedRouteName } from "../../lib/managed-route-name.ts";
import type { ManagedRoute } from "../../model/managed-routes.ts";
import type { ManagedMatch } from "../../model/rollout.ts";
import type { RouteMatch } from "../../model/route.ts";
import { neighboursJoined } from "../route/backends.ts";
import type { ForwardPlan, PlannedCluster, RoutePlan } from "../route/plan.ts";
import type { ServiceRouting } from "../route/routing.ts";
import { denominator } from "../split/apportion.ts";

/**
 * `releases`: of the services that the plans lead to. `kinds`: those that clients can carry out; the others
 * have no effect on them.
 */
export function withManaged(
  plans: readonly RoutePlan[],
  releases: readonly ServiceRouting[],
  kinds: readonly ManagedRoute["kind"][],
): readonly RoutePlan[] {
  let made = plans;
  for (const routing of releases) {
    const routes = routing.managed.filter(({ kind }) => kinds.includes(kind));
    if (routes.length === 0) continue;
    // One service after the other, so that a rule of two has the routes of both together as well.
    made = made.flatMap((plan) => [...managedPlans(plan, routing, routes), plan]);
  }
  return made;
}

/** The first that matches wins, as in Argo Rollouts. */
function managedPlans(
  { name, match, action }: RoutePlan,
  routing: ServiceRouting,
  routes: readonly ManagedRoute[],
): readonly RoutePlan[] {
  if (action.kind !== "forward") return [];
  return routes.flatMap((route) => {
    if (!leadsElsewhere(action, routing, route)) return [];
    const own = managedRouteName(routing.service, route.name);
    const managed = managedAction(action, routing, route);
    return route.match.map((also) => ({
      name: name === "" ? own : `${name}/${own}`,
      match: joinedMatch(match, also),
      action: managed,
    }));
  });
}

/** Whether requests of the plan meet other versions of the service than the canary; its parts in lanes are none. */
const leadsElsewhere = (
  { clusters }: ForwardPlan,
  routing: ServiceRouting,
  { to }: ManagedRoute,
): boolean =>
  clusters.some((each) => each.weight > 0 && each.subset !== to && isVersion(each, routing));

const isVersion = (
  { service, subset }: PlannedCluster,
  { service: released, subsets }: ServiceRouting,
): boolean => service === released && subsets.has(subset);

const actions = new WeakMap<ForwardPlan, Map<ManagedRoute, ForwardPlan>>();

/** The same object for the same action, which many matches share: it is encoded once. */
function managedAction(
  action: ForwardPlan,
  routing: ServiceRouting,
  route: ManagedRoute,
): ForwardPlan {
  const known = actions.get(action) ?? new Map<ManagedRoute, ForwardPlan>();
  actions.set(action, known);
  const made =
    known.get(route) ??
    (route.kind === "header"
      ? { ...action, clusters: divertedClusters(action, routing, route) }
      : { ...action, mirrors: [...action.mirrors, mirrorOf(action, routing, route)] });
  known.set(route, made);
  return made;
}

/** Other services of the rule keep their shares. */
function divertedClusters(
  { clusters }: ForwardPlan,
  routing: ServiceRouting,
  { to }: ManagedRoute,
): readonly PlannedCluster[] {
  const failover = routing.subsets.get(to)?.splitFailover ?? [];
  return neighboursJoined(
    clusters.map((each) => (isVersion(each, routing) ? { ...each, subset: to, failover } : each)),
  );
}

/** Of a rule with other services, the service's own share is copied. */
function mirrorOf(
  { clusters }: ForwardPlan,
  routing: ServiceRouting,
  { to, percent }: Extract<ManagedRoute, { kind: "mirror" }>,
) {
  const share = clusters.reduce(
    (sum, each) => (isVersion(each, routing) ? sum + each.weight : sum),
    0,
  );
  const perMillion = Math.round((percent * 10_000 * share) / denominator);
  return { service: routing.service, subset: to, from: 0, perMillion };
}

const joined = new WeakMap<ManagedMatch, WeakMap<RouteMatch, RouteMatch>>();

/** The same object for the same matches. */
function joinedMatch(match: RouteMatch, also: ManagedMatch): RouteMatch {
  const known = joined.get(also) ?? new WeakMap<RouteMatch, RouteMatch>();
  joined.set(also, known);
  const made = known.get(match) ?? { ...match, headers: [...match.headers, ...also.headers] };
  known.set(match, made);
  return made;
}
