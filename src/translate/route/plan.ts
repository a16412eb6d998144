/**
 * What one Envoy route, or one route of a gRPC client, is to do, before it is encoded: backends
 * resolved to clusters, splits made whole, settings of the service filled in. Lanes rewrite plans;
 * envoy-route.ts and grpc/ encode them, each as far as its clients go.
 */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { Redirect, Rewrite, RouteMatch } from "../../model/route.ts";
import type { Affinity } from "../../model/service.ts";
import type { Cors, HashSplit, HeaderModifier, RateLimit, Retry } from "../../model/traffic.ts";

export interface RoutePlan {
  /** `<route>/<rule>/<match>`, with a suffix where one match has several routes. Shown in logs. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: PlannedAction;
}

export type PlannedAction = ForwardPlan | RedirectPlan | RespondPlan;

export interface RedirectPlan {
  readonly kind: "redirect";
  readonly redirect: Redirect;
  readonly responseHeaders: HeaderModifier | undefined;
}

/** An answer of the proxy's own, where there is nothing to forward to. */
export interface RespondPlan {
  readonly kind: "respond";
  readonly status: number;
}

export interface ForwardPlan {
  readonly kind: "forward";
  /** At least one; the sum of the weights is the denominator; zeros are there to keep the shape. */
  readonly clusters: readonly PlannedCluster[];
  /** Set where the weights may come from runtime keys. */
  readonly moving: MovingSplit | undefined;
  /** Picks the cluster by the hash of who asks; undefined: by chance. */
  readonly hashSplit: HashSplit | undefined;
  /** Picks the instance. Where there is a hash split, its hash does that as well. */
  readonly affinity: Affinity | undefined;
  readonly requestHeaders: HeaderModifier | undefined;
  readonly responseHeaders: HeaderModifier | undefined;
  readonly rewrite: Rewrite | undefined;
  readonly mirrors: readonly PlannedMirror[];
  readonly cors: Cors | undefined;
  /** undefined: the proxy's own, 15 s in Envoy; 0: none. */
  readonly timeoutMs: number | undefined;
  readonly perTryMs: number | undefined;
  readonly retry: Retry | undefined;
  readonly rateLimit: RateLimit | undefined;
}

/** A service's own split while its weights are in motion. */
export interface MovingSplit {
  readonly prefix: string;
  /** This very list: a plan that was given another one, as lanes do, is no such split. */
  readonly clusters: readonly PlannedCluster[];
}

export interface PlannedCluster {
  readonly service: ServiceName;
  readonly subset: SubsetName;
  /** Subsets that take over, in this order, while proxies find no healthy instance in it. */
  readonly failover: readonly SubsetName[];
  readonly weight: number;
  /** Response header of its service that tells which version answered. */
  readonly servedVersionHeader: string | undefined;
  readonly requestHeaders: HeaderModifier | undefined;
  readonly responseHeaders: HeaderModifier | undefined;
}

export interface PlannedMirror {
  readonly service: ServiceName;
  readonly subset: SubsetName;
  /**
   * Of the numbers below a million, one of which is drawn for each request, the first whose requests
   * are copied. A mirror to a split has its versions side by side, so that none is copied twice.
   */
  readonly from: number;
  /** Share of the requests, in millionths. */
  readonly perMillion: number;
}
