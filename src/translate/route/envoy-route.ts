/**
 * A plan as an Envoy route, encoded.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import type { PathMatch } from "../../model/route.ts";
import { encodeMessage } from "../../proto/encode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { clusterName, targetName } from "../names.ts";
import { affinityPolicy, splitHashPolicies } from "./hash-policy.ts";
import { inTurn, overwritten, requestMutations, responseMutations } from "./header-mutations.ts";
import { envoyMatch } from "./match.ts";
import { pathRewrite } from "./path-rewrite.ts";
import { perRouteFilters } from "./per-route-filters.ts";
import type { ForwardPlan, PlannedCluster, PlannedMirror, RoutePlan } from "./plan.ts";
import { type ListenerContext, redirectVariants } from "./redirect.ts";
import { retryPolicy } from "./retry-policy.ts";

/** An encoded Route. */
export interface EncodedRoute {
  readonly bytes: Uint8Array;
  /** Names of the clusters it leads to. */
  readonly clusters: readonly string[];
}

/** One route, but for some redirects. */
export function envoyRoutes(plan: RoutePlan, at: ListenerContext): readonly EncodedRoute[] {
  const { name, match, action } = plan;
  const base = { ...(name === "" ? {} : { name }), match: envoyMatch(match) };
  switch (action.kind) {
    case "respond":
      return [encoded({ ...base, direct_response: { status: action.status } })];
    case "redirect": {
      const headers = responseMutations(action.responseHeaders);
      return redirectVariants(action.redirect, match, at).map((variant) =>
        encoded({ ...base, ...headers, match: envoyMatch(variant.match), ...variant.action }),
      );
    }
    case "forward":
      return [encoded({ ...base, ...forwarding(action, match.path) }, clustersOf(action))];
  }
}

const encoded = (
  route: MessageOf<"envoy.config.route.v3.Route">,
  clusters: readonly string[] = [],
): EncodedRoute => ({ bytes: encodeMessage("envoy.config.route.v3.Route", route), clusters });

function clustersOf({ clusters, mirrors }: ForwardPlan): readonly string[] {
  return [
    ...clusters.map(({ service, subset, failover }) => targetName(service, subset, failover)),
    ...mirrors.map(({ service, subset }) => clusterName(service, subset)),
  ];
}

function forwarding(given: ForwardPlan, path: PathMatch) {
  const plan = withHeadersOfBackends(given);
  const { servedVersionHeader, requestHeaders, responseHeaders, rewrite } = plan;
  const served =
    servedVersionHeader === undefined ? [] : [overwritten(servedVersionHeader, servedVersion)];
  return {
    route: {
      ...clusterSpecifier(plan),
      ...timeouts(plan),
      ...hashPolicies(plan),
      ...(rewrite?.hostname === undefined ? {} : { host_rewrite_literal: rewrite.hostname }),
      ...pathRewrite(rewrite?.path, path),
      ...(plan.mirrors.length === 0
        ? {}
        : { request_mirror_policies: plan.mirrors.map(mirrorPolicy) }),
    },
    ...requestMutations(requestHeaders),
    ...responseMutations(responseHeaders, ...served),
    ...perRouteFilters(plan),
  };
}

/**
 * Envoy changes headers for the cluster before it does for the route, whereas a backend's modifiers
 * come after its rule's: where a backend has any, each cluster does the work of both.
 */
function withHeadersOfBackends(plan: ForwardPlan): ForwardPlan {
  if (!plan.clusters.some(changesHeaders)) return plan;
  const clusters = plan.clusters.map((cluster) => ({
    ...cluster,
    requestHeaders: inTurn(plan.requestHeaders, cluster.requestHeaders),
    responseHeaders: inTurn(plan.responseHeaders, cluster.responseHeaders),
  }));
  return { ...plan, clusters, requestHeaders: undefined, responseHeaders: undefined };
}

/** Of the instance that answered, whichever cluster it stood in for. */
const servedVersion = '%UPSTREAM_METADATA(["serin", "version"])%';

/**
 * The only cluster there is is named plainly; otherwise all are listed, zeros included, so that the
 * shape stays while weights move.
 */
function clusterSpecifier({ clusters, hashSplit }: ForwardPlan) {
  const [first, ...others] = clusters;
  if (first !== undefined && others.length === 0 && !changesHeaders(first)) {
    return { cluster: targetName(first.service, first.subset, first.failover) };
  }
  return {
    weighted_clusters: {
      clusters: clusters.map(weightedCluster),
      ...(hashSplit === undefined ? {} : { use_hash_policy: wrapped(true) }),
    },
  };
}

const changesHeaders = ({ requestHeaders, responseHeaders }: PlannedCluster): boolean =>
  requestHeaders !== undefined || responseHeaders !== undefined;

const weightedCluster = (cluster: PlannedCluster) => ({
  name: targetName(cluster.service, cluster.subset, cluster.failover),
  weight: wrapped(cluster.weight),
  ...requestMutations(cluster.requestHeaders),
  ...responseMutations(cluster.responseHeaders),
});

/** Without retries, one attempt is the request. */
function timeouts({ timeoutMs, perTryMs, retry }: ForwardPlan) {
  if (retry !== undefined && retry.attempts > 0) {
    const timeout = timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) };
    return { ...timeout, retry_policy: retryPolicy(retry, perTryMs) };
  }
  const given = [timeoutMs, perTryMs].filter((ms) => ms !== undefined && ms > 0) as number[];
  if (given.length > 0) return { timeout: duration(Math.min(...given)) };
  return timeoutMs === undefined && perTryMs === undefined ? {} : { timeout: duration(0) };
}

function hashPolicies({ hashSplit, affinity }: ForwardPlan) {
  if (hashSplit !== undefined) return { hash_policy: splitHashPolicies(hashSplit) };
  return affinity === undefined ? {} : { hash_policy: [affinityPolicy(affinity)] };
}

const mirrorPolicy = ({ service, subset, perMillion }: PlannedMirror) => ({
  cluster: clusterName(service, subset),
  runtime_fraction: { default_value: { numerator: perMillion, denominator: "MILLION" as const } },
  // The copy is to be routed like the request, also by proxies further on.
  disable_shadow_host_suffix_append: true,
});
