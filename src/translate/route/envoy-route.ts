/**
 * A plan as an Envoy route, encoded.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
 */
import type { PathMatch, RouteMatch } from "../../model/route.ts";
import { encodeMessage } from "../../proto/encode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";
import { clusterName, targetName } from "../names.ts";
import { withElements } from "../splice.ts";
import { denominator } from "../split/apportion.ts";
import { affinityPolicy, splitHashPolicies } from "./hash-policy.ts";
import {
  type HeaderOption,
  inTurn,
  overwritten,
  requestMutations,
  responseMutations,
} from "./header-mutations.ts";
import { envoyMatch } from "./match.ts";
import { type MirrorSlice, mirrorSlices } from "./mirror-slices.ts";
import { pathRewrite } from "./path-rewrite.ts";
import { perRouteFilters } from "./per-route-filters.ts";
import type { ForwardPlan, PlannedCluster, PlannedMirror, RoutePlan } from "./plan.ts";
import { type ListenerContext, redirectVariants } from "./redirect.ts";
import { retryPolicy } from "./retry-policy.ts";

/** An encoded Route. */
export interface EncodedRoute {
  readonly bytes: Uint8Array;
  /** For Envoys with the layer `weights`; left out where it is the same. */
  readonly layered?: Uint8Array;
  /** Names of the clusters it leads to. */
  readonly clusters: readonly string[];
}

/** One route, but for some redirects, and for mirrors that share the requests out. */
export function envoyRoutes(plan: RoutePlan, at: ListenerContext): readonly EncodedRoute[] {
  const { name, match, action } = plan;
  if (action.kind === "forward") {
    return mirrorSlices(action).map((slice) => forwardRoute(name, match, slice));
  }
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
  }
}

const encoded = (route: MessageOf<"envoy.config.route.v3.Route">): EncodedRoute => ({
  bytes: encodeMessage("envoy.config.route.v3.Route", route),
  clusters: [],
});

/** Numbers of fields of Route. */
const fields = { match: 1, name: 14 } as const;

/**
 * Lanes multiply routes: one action is that of many matches, and one match that of many services. So
 * either is encoded once, and copied.
 */
function forwardRoute(
  name: string,
  match: RouteMatch,
  { action, below }: MirrorSlice,
): EncodedRoute {
  const { bytes, layered, clusters } = encodedAction(action, match.path);
  const whole = (actionBytes: Uint8Array): Uint8Array => {
    const matching = withElements(actionBytes, fields.match, [
      below === undefined ? encodedMatch(match) : matchBelow(match, below),
    ]);
    return name === "" ? matching : withElements(matching, fields.name, [Buffer.from(name)]);
  };
  return {
    bytes: whole(bytes),
    ...(layered === undefined ? {} : { layered: whole(layered) }),
    clusters,
  };
}

const matches = new WeakMap<RouteMatch, Uint8Array>();

function encodedMatch(match: RouteMatch): Uint8Array {
  const known = matches.get(match);
  if (known !== undefined) return known;
  const made = encodeMessage("envoy.config.route.v3.RouteMatch", envoyMatch(match));
  matches.set(match, made);
  return made;
}

const matchBelow = (match: RouteMatch, drawn: number): Uint8Array =>
  encodeMessage("envoy.config.route.v3.RouteMatch", {
    ...envoyMatch(match),
    runtime_fraction: millionths(drawn),
  });

/** For one path match, as far as the path counts. */
const actions = new WeakMap<ForwardPlan, { readonly path: PathMatch } & EncodedRoute>();

/** The route without name and match. */
function encodedAction(action: ForwardPlan, path: PathMatch): EncodedRoute {
  const known = actions.get(action);
  if (known !== undefined && (action.rewrite === undefined || known.path === path)) return known;
  const encode = (prefix: string | undefined): Uint8Array =>
    encodeMessage("envoy.config.route.v3.Route", forwarding(action, path, prefix));
  const prefix = action.moving?.clusters === action.clusters ? action.moving.prefix : undefined;
  const made = {
    path,
    bytes: encode(undefined),
    ...(prefix === undefined ? {} : { layered: encode(prefix) }),
    clusters: clustersOf(action),
  };
  actions.set(action, made);
  return made;
}

function clustersOf({ clusters, mirrors }: ForwardPlan): readonly string[] {
  return [
    ...clusters.map(({ service, subset, failover }) => targetName(service, subset, failover)),
    ...mirrors.map(({ service, subset }) => clusterName(service, subset)),
  ];
}

/** `prefix`: of the runtime keys that the weights come from; undefined: they stand here. */
function forwarding(given: ForwardPlan, path: PathMatch, prefix: string | undefined) {
  const plan = withHeadersOfBackends(given);
  const { requestHeaders, responseHeaders, rewrite } = plan;
  const served = changesHeaders(given) ? [] : servedVersionOf(plan.clusters[0]);
  return {
    route: {
      ...clusterSpecifier(plan, changesHeaders(given), prefix),
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
  if (!changesHeaders(plan)) return plan;
  const clusters = plan.clusters.map((cluster) => ({
    ...cluster,
    requestHeaders: inTurn(plan.requestHeaders, cluster.requestHeaders),
    responseHeaders: inTurn(plan.responseHeaders, cluster.responseHeaders),
  }));
  return { ...plan, clusters, requestHeaders: undefined, responseHeaders: undefined };
}

/** Of the instance that answered, whichever cluster it stood in for. */
const servedVersion = '%UPSTREAM_METADATA(["serin", "version"])%';

const servedVersionOf = (cluster: PlannedCluster | undefined): readonly HeaderOption[] =>
  cluster?.servedVersionHeader === undefined
    ? []
    : [overwritten(cluster.servedVersionHeader, servedVersion)];

/**
 * The only cluster there is is named plainly; otherwise all are listed, zeros included, so that the
 * shape stays while weights move.
 */
function clusterSpecifier(
  { clusters, hashSplit }: ForwardPlan,
  changing: boolean,
  prefix: string | undefined,
) {
  const [first, ...others] = clusters;
  if (first !== undefined && others.length === 0 && !changing) {
    return { cluster: targetName(first.service, first.subset, first.failover) };
  }
  return {
    weighted_clusters: {
      clusters: clusters.map((cluster, i) =>
        weightedCluster(prefix === undefined ? cluster : resting(cluster, i), changing),
      ),
      ...(prefix === undefined ? {} : { runtime_key_prefix: prefix }),
      ...(hashSplit === undefined ? {} : { use_hash_policy: wrapped(true) }),
    },
  };
}

/** Whether clusters differ in what they do to headers, so that each does all of it. */
const changesHeaders = ({ clusters }: ForwardPlan): boolean =>
  clusters.some(
    ({ requestHeaders, responseHeaders, servedVersionHeader }) =>
      requestHeaders !== undefined ||
      responseHeaders !== undefined ||
      servedVersionHeader !== clusters[0]?.servedVersionHeader,
  );

/** Of weights in motion the route says nothing, so that it need not change with them. */
const resting = (cluster: PlannedCluster, index: number): PlannedCluster => ({
  ...cluster,
  weight: index === 0 ? denominator : 0,
});

const weightedCluster = (cluster: PlannedCluster, changing: boolean) => ({
  name: targetName(cluster.service, cluster.subset, cluster.failover),
  weight: wrapped(cluster.weight),
  ...requestMutations(cluster.requestHeaders),
  ...responseMutations(cluster.responseHeaders, ...(changing ? servedVersionOf(cluster) : [])),
});

/** Envoy's own timeout of a request, where none is set. */
const requestTimeoutMs = 15_000;

/**
 * Without retries, one attempt is the request; with them, the request takes as long as all attempts
 * may. 0 of a request: no timeout; of an attempt: as long as the request.
 */
function timeouts({ timeoutMs, perTryMs = 0, retry }: ForwardPlan) {
  const attempts = 1 + (retry?.attempts ?? 0);
  const retrying =
    retry !== undefined && attempts > 1 ? { retry_policy: retryPolicy(retry, perTryMs) } : {};
  if (timeoutMs === undefined) {
    const needed = perTryMs * attempts;
    const isLonger = attempts === 1 ? needed > 0 : needed > requestTimeoutMs;
    return { ...(isLonger ? { timeout: duration(needed) } : {}), ...retrying };
  }
  const shortest = attempts === 1 && perTryMs > 0 && (timeoutMs === 0 || perTryMs < timeoutMs);
  return { timeout: duration(shortest ? perTryMs : timeoutMs), ...retrying };
}

function hashPolicies({ hashSplit, affinity }: ForwardPlan) {
  if (hashSplit !== undefined) return { hash_policy: splitHashPolicies(hashSplit) };
  return affinity === undefined ? {} : { hash_policy: [affinityPolicy(affinity)] };
}

const millionths = (numerator: number) => ({
  default_value: { numerator, denominator: "MILLION" as const },
});

const mirrorPolicy = ({ service, subset, perMillion }: PlannedMirror) => ({
  cluster: clusterName(service, subset),
  runtime_fraction: millionths(perMillion),
  // The copy is to be routed like the request, also by proxies further on.
  disable_shadow_host_suffix_append: true,
});
