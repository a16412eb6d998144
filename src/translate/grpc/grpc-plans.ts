import { noEdge } from "../lane/edge.ts";
import { withLanes } from "../lane/lane-plans.ts";
import { withManaged } from "../release/managed-plans.ts";
import type { PlannedMatch } from "../route/encoded-match.ts";
import type { RoutePlan } from "../route/plan.ts";

/** The plans of a match for gRPC clients, which stand at no edge and copy nothing. */
export const grpcPlans = ({ plans, lanes, found, releases }: PlannedMatch): readonly RoutePlan[] =>
  withManaged(withLanes(plans, lanes, noEdge, found), releases, ["header"]);
