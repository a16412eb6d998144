/**
 * Everything that follows from one service alone. What came out the same last time is kept, so that
 * a change of an endpoint touches the load assignment it stands in, and nothing else.
 */
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { SubsetName } from "../model/names.ts";
import type { Service } from "../model/service.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { assignmentResource } from "./cluster/assignment.ts";
import { clusterResource } from "./cluster/cluster.ts";
import { keptResource, sameElements, withOrigins } from "./equal.ts";
import { grpcListener, grpcRoutes } from "./grpc/grpc.ts";
import { clusterName } from "./names.ts";
import { routingOf, type ServiceRouting } from "./route/routing.ts";
import { type EncodedVirtualHost, splitRoute, virtualHost } from "./route/virtual-host.ts";
import { splitOf } from "./split/split.ts";
import { boundedSubsets } from "./split/subset-bound.ts";
import { emptySubset, type ServiceSubset, subsetsOf } from "./split/subsets.ts";

export interface TranslatedService {
  readonly service: Service;
  /** Subsets that routes name, sorted. */
  readonly routed: readonly SubsetName[];
  readonly routing: ServiceRouting;
  readonly subsets: ReadonlyMap<SubsetName, TranslatedSubset>;
  readonly split: TranslatedSplit;
  readonly bundle: Bundle;
  readonly diagnostics: readonly Diagnostic[];
}

interface TranslatedSubset {
  readonly subset: ServiceSubset;
  readonly cluster: Resource;
  readonly assignment: Resource;
}

interface TranslatedSplit {
  /** The virtual host that answers to the service's name where no route does. */
  readonly virtualHost: EncodedVirtualHost;
  /** For proxyless gRPC clients. */
  readonly grpcListener: Resource;
  readonly grpcRoutes: Resource;
}

export interface ServiceOptions {
  /**
   * The subsets that routes name, sorted. One that the service does not have gets a cluster without
   * endpoints, so that a route never names a cluster that is not there.
   */
  readonly routed: readonly SubsetName[];
  /** Most subsets that come from the tags of instances alone. */
  readonly subsetsMax: number;
  /** The translation of the same service last time. */
  readonly before: TranslatedService | undefined;
}

export function translateService(service: Service, options: ServiceOptions): TranslatedService {
  const { before, routed, subsetsMax } = options;
  const { kept: own, diagnostics: bound } = boundedSubsets(
    service,
    subsetsOf(service),
    routed,
    subsetsMax,
  );
  const { shares, diagnostics: doubts } = splitOf(service, own);
  const all = new Map(own.map((subset) => [subset.name, subset]));
  for (const name of routed) if (!all.has(name)) all.set(name, emptySubset(name));
  const routing = routingOf(service, shares, all.values(), before?.routing);
  const subsets = new Map(
    [...all].map(([name, subset]) => [name, translateSubset(service, subset, before)]),
  );
  const split = translateSplit(service, routing, before);
  const diagnostics = [...bound, ...doubts];
  return {
    service,
    routed,
    routing,
    subsets,
    split,
    bundle: bundleOf(service, subsets.values(), split, before?.bundle),
    diagnostics: isDeepStrictEqual(before?.diagnostics, diagnostics)
      ? (before?.diagnostics ?? diagnostics)
      : diagnostics,
  };
}

function translateSubset(
  { name, origins, settings }: Service,
  subset: ServiceSubset,
  before: TranslatedService | undefined,
): TranslatedSubset {
  const cluster = clusterName(name, subset.name);
  const last = before?.subsets.get(subset.name);
  if (before === undefined || last === undefined) {
    return {
      subset,
      cluster: clusterResource(cluster, settings, origins),
      assignment: assignmentResource(cluster, subset.instances, origins),
    };
  }
  return {
    subset,
    cluster:
      before.service.settings === settings
        ? withOrigins(last.cluster, origins)
        : keptResource(last.cluster, clusterResource(cluster, settings, origins)),
    assignment: sameElements(last.subset.instances, subset.instances)
      ? withOrigins(last.assignment, origins)
      : keptResource(last.assignment, assignmentResource(cluster, subset.instances, origins)),
  };
}

function translateSplit(
  { name, origins }: Service,
  { split, requestMs }: ServiceRouting,
  before: TranslatedService | undefined,
): TranslatedSplit {
  const last = before?.routing;
  if (before !== undefined && last?.split === split && last.requestMs === requestMs) {
    const { split: kept } = before;
    return {
      virtualHost: kept.virtualHost,
      grpcListener: withOrigins(kept.grpcListener, origins),
      grpcRoutes: withOrigins(kept.grpcRoutes, origins),
    };
  }
  const weights = split.map(({ subset, weight }) => ({
    cluster: clusterName(name, subset),
    weight,
  }));
  const route = splitRoute(weights, requestMs);
  const made = virtualHost(name.toLowerCase(), [route]);
  const clusters = before?.split.virtualHost.clusters ?? [];
  return {
    virtualHost: sameElements(clusters, made.clusters) ? { ...made, clusters } : made,
    grpcListener:
      before === undefined
        ? grpcListener(name, origins)
        : withOrigins(before.split.grpcListener, origins),
    grpcRoutes: grpcRoutes(name, route, origins),
  };
}

function bundleOf(
  { name }: Service,
  subsets: Iterable<TranslatedSubset>,
  split: TranslatedSplit,
  before: Bundle | undefined,
): Bundle {
  const clusters = [...subsets].flatMap(({ cluster, assignment }) => [cluster, assignment]);
  const resources = [...clusters, split.grpcListener, split.grpcRoutes];
  if (before !== undefined && sameElements(before.resources, resources)) return before;
  return { owner: `service/${name}`, resources };
}
