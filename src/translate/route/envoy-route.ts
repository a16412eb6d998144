/**
 * A plan as an Envoy route, encoded.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import type { PathMatch } from "../../model/route.ts";
import { encodeMessage } from "../../proto/encode.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { clusterName, targetName } from "../names.ts";
import { affinityPolicy, splitHashPolicies } from "./hash-policy.ts";
import { overwritten, requestMutations, responseMutations } from "./header-mutations.ts";
import { envoyMatch } from "./match.ts";
import { pathRewrite } from "./path-rewrite.ts";
import { perRouteFilters } from "./per-route-filters.ts";
import type { ForwardPlan, PlannedCluster, PlannedMirror, RoutePlan } from "./plan.ts";
import { type ListenerContext, redirectAction } from "./redirect.ts";
import { retryPolicy } from "./retry-policy.ts";

/** An encoded Route. */
export interface EncodedRoute {
  readonly bytes: Uint8Array;
  /** Names of the clusters it leads to. */
  readonly clusters: readonly string[];
}

export function envoyRoute(plan: RoutePlan, at: ListenerContext): EncodedRoute {
  const { name, match, action } = plan;
  const base = { ...(name === "" ? {} : { name }), match: envoyMatch(match) };
  switch (action.kind) {
    case "respond": {
      const route = { ...base, direct_response: { status: action.status } };
      return { bytes: encodeMessage("envoy.config.route.v3.Route", route), clusters: [] };
    }
    case "redirect": {
      const headers = responseMutations(action.responseHeaders);
      const route = { ...base, ...headers, ...redirectAction(action.redirect, match.path, at) };
      return { bytes: encodeMessage("envoy.config.route.v3.Route", route), clusters: [] };
    }
    case "forward": {
      const route = { ...base, ...forwarding(action, match.path) };
      const bytes = encodeMessage("envoy.config.route.v3.Route", route);
      return { bytes, clusters: clustersOf(action) };
    }
  }
}

function clustersOf({ clusters, mirrors }: ForwardPlan): readonly string[] {
  return [
    ...clusters.map(({ service, subset, failover }) => targetName(service, subset, failover)),
    ...mirrors.map(({ service, subset }) => clusterName(service, subset)),
  ];
}

function forwarding(plan: ForwardPlan, path: PathMatch) {
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
