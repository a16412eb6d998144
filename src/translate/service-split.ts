/** How a service answers at its own name, where no route does: by its split. */
import type { Lane } from "../model/lane.ts";
import { everyRequest, plainRule } from "../model/route.ts";
import type { Service } from "../model/service.ts";
import type { Resource } from "../snapshot/resource.ts";
import { sameElements, withOrigins } from "./equal.ts";
import { grpcListener, grpcSplitRoutes } from "./grpc/grpc.ts";
import { type Edge, noEdge } from "./lane/edge.ts";
import { splitClusters } from "./route/backends.ts";
import { encodedAt, type PlannedMatch, type RouteContext } from "./route/encoded-match.ts";
import type { ForwardPlan } from "./route/plan.ts";
import { settingsOf } from "./route/plan-rule.ts";
import type { ServiceRouting } from "./route/routing.ts";
import { type EncodedVirtualHost, virtualHost } from "./route/virtual-host.ts";
import { movingSplit } from "./weights/split-keys.ts";

export interface ServiceSplit {
  readonly routing: ServiceRouting;
  readonly match: PlannedMatch;
  /** The virtual host that answers to the service's name at listeners that are no edge. */
  readonly virtualHost: EncodedVirtualHost;
  /** For proxyless gRPC clients; routes are put in place of the second. */
  readonly grpcListener: Resource;
  readonly grpcRoutes: Resource;
}

/** Nothing in the route of a split depends on the listener but the edge. */
const anywhere: RouteContext = { scheme: "http", port: 0, edge: noEdge };

export function translateSplit(
  { name, origins }: Service,
  routing: ServiceRouting,
  lanes: readonly Lane[],
  before: ServiceSplit | undefined,
): ServiceSplit {
  if (before?.routing === routing && sameElements(before.match.lanes, lanes)) {
    const grpcListener = withOrigins(before.grpcListener, origins);
    const grpcRoutes = withOrigins(before.grpcRoutes, origins);
    const same = grpcListener === before.grpcListener && grpcRoutes === before.grpcRoutes;
    return same ? before : { ...before, grpcListener, grpcRoutes };
  }
  const found = new Map([[name, routing]]);
  const match = { plans: [splitPlan(routing)], lanes, found, releases: [routing] };
  const made = hostOf(name.toLowerCase(), match, anywhere);
  const clusters = before?.virtualHost.clusters ?? [];
  return {
    routing,
    match,
    virtualHost: sameElements(clusters, made.clusters) ? { ...made, clusters } : made,
    grpcListener:
      before === undefined
        ? grpcListener(name, origins)
        : withOrigins(before.grpcListener, origins),
    grpcRoutes: grpcSplitRoutes(name, match, origins),
  };
}

/** An edge that no gateway has any more takes with it what was made for it. */
const atEdges = new WeakMap<Edge, WeakMap<PlannedMatch, EncodedVirtualHost>>();

/** The same host at a listener that may be an edge of lanes; the same object for the same split. */
export function splitHostAt(
  { virtualHost: anyhow, match }: ServiceSplit,
  at: RouteContext,
): EncodedVirtualHost {
  if (at.edge === noEdge) return anyhow;
  const made = atEdges.get(at.edge) ?? new WeakMap<PlannedMatch, EncodedVirtualHost>();
  atEdges.set(at.edge, made);
  const known = made.get(match);
  if (known !== undefined) return known;
  const host = hostOf(anyhow.domain, match, at);
  made.set(match, host);
  return host;
}

function hostOf(domain: string, match: PlannedMatch, at: RouteContext): EncodedVirtualHost {
  return virtualHost(domain, encodedAt(match, at));
}

function splitPlan(routing: ServiceRouting) {
  const clusters = splitClusters(routing);
  const action: ForwardPlan = {
    kind: "forward",
    clusters,
    moving: movingSplit(clusters, routing),
    hashSplit: undefined,
    requestHeaders: undefined,
    responseHeaders: undefined,
    rewrite: undefined,
    mirrors: [],
    cors: undefined,
    ...settingsOf(plainRule, [routing]),
  };
  return { name: "", match: everyRequest, action };
}
