/**
 * A plan as a route of gRPC clients. They refuse a whole route configuration for one thing in it that
 * they do not take, so what they cannot do is not asked of them, and told.
 * https://github.com/grpc/proposal/blob/master/A28-xds-traffic-splitting-and-routing.md
 */
import { encodeMessage } from "../../proto/encode.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { grpcClusterName } from "../cluster/grpc-compatible.ts";
import { clusterName, unavailableName } from "../names.ts";
import type { FoundServices } from "../route/backends.ts";
import type { EncodedRoute } from "../route/envoy-route.ts";
import type { ForwardPlan, PlannedAction, PlannedCluster, RoutePlan } from "../route/plan.ts";
import { affinityPolicies, splitPolicies } from "./grpc-hash.ts";
import { grpcMatch } from "./grpc-match.ts";
import { grpcRetry } from "./grpc-retry.ts";
import { isSticky } from "./sticky-split.ts";

export interface GrpcContext {
  readonly found: FoundServices;
  /** Name of the cluster that stands for a plan's sticky split. */
  stickyName(plan: RoutePlan): string;
}

/** undefined: left out. */
export function grpcRoute(plan: RoutePlan, context: GrpcContext): EncodedRoute | undefined {
  const matched = grpcMatch(plan.match);
  if (matched.kind === "leftOut") return undefined;
  const { clusters, action } = routed(plan, context);
  const name = plan.name === "" ? {} : { name: plan.name };
  const message = { ...name, match: matched.match, route: action };
  return { bytes: encodeMessage("envoy.config.route.v3.Route", message), clusters };
}

function routed(plan: RoutePlan, context: GrpcContext) {
  const { action } = plan;
  // Java and Node.js refuse redirects and direct responses, so what must fail gets no endpoint.
  if (action.kind !== "forward") return to(unavailableName);
  const common = {
    ...streamDuration(action),
    ...grpcRetry(action.retry),
    ...hashPolicies(action),
  };
  if (isSticky(action)) {
    const sticky = to(context.stickyName(plan));
    return { ...sticky, action: { ...sticky.action, ...common } };
  }
  const weights = plainClusters(action, context.found);
  const clusters = [...weights.keys()];
  const [only] = clusters;
  const specifier =
    only !== undefined && clusters.length === 1
      ? { cluster: only }
      : { weighted_clusters: { clusters: [...weights].map(weighted) } };
  return { clusters, action: { ...specifier, ...common } };
}

const hashPolicies = ({ hashSplit, affinity }: ForwardPlan) =>
  hashSplit === undefined ? affinityPolicies(affinity) : splitPolicies(hashSplit);

const to = (cluster: string) => ({ clusters: [cluster], action: { cluster } });

const weighted = ([name, weight]: readonly [string, number]) => ({ name, weight: wrapped(weight) });

/**
 * Weights by name. No aggregates: clients do not look at health, so nobody would be kept from a
 * subset that is there, and one that is empty gets no weight in the first place.
 */
function plainClusters({ clusters }: ForwardPlan, found: FoundServices) {
  const weights = new Map<string, number>();
  for (const cluster of clusters) {
    const name = plainName(cluster, found);
    weights.set(name, (weights.get(name) ?? 0) + cluster.weight);
  }
  return weights;
}

function plainName({ service, subset }: PlannedCluster, found: FoundServices): string {
  const isApart = found.get(service)?.grpcApart === true;
  return isApart ? grpcClusterName(service, subset) : clusterName(service, subset);
}

/**
 * In C-core, and so in Python, such a limit strikes up to 2 s early: a shorter one ends every call
 * at once.
 */
const shortestMs = 2_000;

function streamDuration(action: ForwardPlan) {
  const ms = limitMs(action);
  if (ms === undefined || ms < shortestMs) return {};
  return { max_stream_duration: { max_stream_duration: duration(ms) } };
}

/** Without retries, one attempt is the call. undefined: no limit but the caller's own. */
function limitMs({ timeoutMs, perTryMs, retry }: ForwardPlan): number | undefined {
  const retries = retry !== undefined && retry.attempts > 0;
  const given = retries ? [timeoutMs] : [timeoutMs, perTryMs];
  const limits = given.filter((ms) => ms !== undefined && ms > 0) as number[];
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** What is asked for and not done, as parts of a sentence. */
export function unsupported(plan: RoutePlan): readonly string[] {
  const matched = grpcMatch(plan.match);
  if (matched.kind === "leftOut") return matched.why === undefined ? [] : [matched.why];
  return unsupportedIn(plan.action);
}

function unsupportedIn(action: PlannedAction): readonly string[] {
  if (action.kind === "respond") return [];
  if (action.kind === "redirect") return ["calls fail instead of being redirected"];
  const { clusters, rewrite, mirrors, hashSplit, affinity, retry, perTryMs } = action;
  const changesHeaders = [action, ...clusters].some(
    ({ requestHeaders, responseHeaders }) => (requestHeaders ?? responseHeaders) !== undefined,
  );
  const ms = limitMs(action);
  const problems: readonly [asked: boolean, problem: string][] = [
    [changesHeaders, "no header is changed"],
    [rewrite !== undefined, "nothing is rewritten"],
    [mirrors.length > 0, "nothing is mirrored"],
    [action.rateLimit !== undefined, "no rate is limited"],
    [ms !== undefined && ms < shortestMs, "timeouts below 2 s are left out"],
    [(perTryMs ?? 0) > 0 && (retry?.attempts ?? 0) > 0, "single attempts have no timeout"],
    [
      hashSplit?.grpc === false && clusters.length > 1,
      "hashSplit is without grpc: true, and each call is split by chance",
    ],
    [
      affinity !== undefined && affinity.kind !== "header",
      "instances are chosen by no hash but that of a header",
    ],
  ];
  return problems.filter(([asked]) => asked).map(([, problem]) => problem);
}
