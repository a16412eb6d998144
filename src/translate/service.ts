/**
 * Everything that follows from one service alone. What came out the same last time is kept, so that
 * a change of an endpoint touches the load assignment it stands in, and nothing else.
 */
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { Lane } from "../model/lane.ts";
import type { SubsetName } from "../model/names.ts";
import type { Service } from "../model/service.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { aggregateResource } from "./cluster/aggregate.ts";
import { assignmentResource } from "./cluster/assignment.ts";
import { clusterResource } from "./cluster/cluster.ts";
import { grpcClusterName, grpcCompatible } from "./cluster/grpc-compatible.ts";
import { keptResource, sameElements, withOrigins } from "./equal.ts";
import { grpcProblems } from "./grpc/grpc-diagnostics.ts";
import { aggregateName, clusterName } from "./names.ts";
import { routingOf, type ServiceRouting } from "./route/routing.ts";
import { type ServiceSplit, translateSplit } from "./service-split.ts";
import { laneParts } from "./split/lane-parts.ts";
import { splitOf } from "./split/split.ts";
import { boundedSubsets } from "./split/subset-bound.ts";
import { emptySubset, type ServiceSubset, subsetsOf, withLatches } from "./split/subsets.ts";

export interface TranslatedService {
  readonly service: Service;
  /** Subsets that routes name, sorted. */
  readonly routed: readonly SubsetName[];
  /** Those that concern the service, in order. */
  readonly lanes: readonly Lane[];
  readonly inMotion: boolean;
  readonly routing: ServiceRouting;
  /** Those of lanes included. */
  readonly subsets: ReadonlyMap<SubsetName, TranslatedSubset>;
  /** By name. */
  readonly aggregates: ReadonlyMap<string, Resource>;
  readonly split: ServiceSplit;
  readonly bundle: Bundle;
  readonly diagnostics: readonly Diagnostic[];
}

interface TranslatedSubset {
  readonly subset: ServiceSubset;
  /** Whether its endpoints are tried though all are sick. */
  readonly lastResort: boolean;
  readonly cluster: Resource;
  /** Where gRPC clients do not take that of the proxies. */
  readonly grpcCluster: Resource | undefined;
  readonly assignment: Resource;
}

export interface ServiceOptions {
  /**
   * The subsets that routes name, sorted. One that the service does not have gets a cluster without
   * endpoints, so that a route never names a cluster that is not there.
   */
  readonly routed: readonly SubsetName[];
  /** Lanes that concern the service, in order. */
  readonly lanes: readonly Lane[];
  /** Whether its weights travel in the layer. */
  readonly inMotion: boolean;
  /** Most subsets that come from the tags of instances alone. */
  readonly subsetsMax: number;
  /** The translation of the same service last time. */
  readonly before: TranslatedService | undefined;
}

export function translateService(service: Service, options: ServiceOptions): TranslatedService {
  const { before, routed, subsetsMax, lanes, inMotion } = options;
  const parts = laneParts(service, lanes);
  const { kept: own, diagnostics: bound } = boundedSubsets(
    parts.baseline,
    subsetsOf(parts.baseline),
    routed,
    subsetsMax,
  );
  const { shares, diagnostics: doubts } = splitOf(parts.baseline, own);
  const named = new Set(own.map(({ name }) => name));
  const absent = routed.filter((name) => !named.has(name)).map(emptySubset);
  // One that a guard has taken out, and whose instances are gone by now, has its stand-in still.
  const ordinary = withLatches([...own, ...absent], service);
  const routing = routingOf(
    service,
    { split: shares, subsets: ordinary, lanes: parts.lanes, inMotion },
    before?.routing,
  );
  const subsets = new Map(
    [...ordinary, ...parts.lanes.values()].map((subset) => [
      subset.name,
      translateSubset(service, subset, isLastResort(subset, ordinary), before),
    ]),
  );
  const aggregates = translateAggregates(service, routing, before);
  const split = translateSplit(service, routing, lanes, before?.split);
  const diagnostics = [...bound, ...doubts, ...grpcProblems(service)];
  return {
    service,
    routed,
    lanes,
    inMotion,
    routing,
    subsets,
    aggregates,
    split,
    bundle: bundleOf(service, { subsets, aggregates, split }, before?.bundle),
    diagnostics: isDeepStrictEqual(before?.diagnostics, diagnostics)
      ? (before?.diagnostics ?? diagnostics)
      : diagnostics,
  };
}

/** The stable version: the first, unless it names who stands in for it. */
const isLastResort = (subset: ServiceSubset, [first]: readonly ServiceSubset[]): boolean =>
  subset === first && subset.fallback === undefined;

function translateSubset(
  service: Service,
  subset: ServiceSubset,
  lastResort: boolean,
  before: TranslatedService | undefined,
): TranslatedSubset {
  const { name, origins, settings } = service;
  const cluster = clusterName(name, subset.name);
  const last = before?.subsets.get(subset.name);
  const makeCluster = (): Resource =>
    clusterResource(cluster, settings, origins, { isLastResort: lastResort });
  if (before === undefined || last === undefined) {
    return {
      subset,
      lastResort,
      cluster: makeCluster(),
      grpcCluster: grpcClusterOf(service, subset.name),
      assignment: assignmentResource(cluster, subset.instances, settings, origins),
    };
  }
  const same = before.service.settings === settings;
  return {
    subset,
    lastResort,
    cluster:
      same && last.lastResort === lastResort
        ? withOrigins(last.cluster, origins)
        : keptResource(last.cluster, makeCluster()),
    grpcCluster: same
      ? last.grpcCluster && withOrigins(last.grpcCluster, origins)
      : keptOrNone(last.grpcCluster, grpcClusterOf(service, subset.name)),
    assignment:
      same && sameElements(last.subset.instances, subset.instances)
        ? withOrigins(last.assignment, origins)
        : keptResource(
            last.assignment,
            assignmentResource(cluster, subset.instances, settings, origins),
          ),
  };
}

function grpcClusterOf(
  { name, origins, settings }: Service,
  subset: SubsetName,
): Resource | undefined {
  const compatible = grpcCompatible(settings).settings;
  if (compatible === settings) return undefined;
  const assignment = clusterName(name, subset);
  return clusterResource(grpcClusterName(name, subset), compatible, origins, { assignment });
}

const keptOrNone = (before: Resource | undefined, made: Resource | undefined) =>
  made && keptResource(before, made);

/** One for each list of subsets that stand in for one another, as far as proxies look at health. */
function translateAggregates(
  { name, origins, settings }: Service,
  { subsets, lanes }: ServiceRouting,
  before: TranslatedService | undefined,
): ReadonlyMap<string, Resource> {
  const aggregates = new Map<string, Resource>();
  for (const subset of [...subsets.values(), ...lanes.values()]) {
    for (const failover of [subset.failover, subset.splitFailover]) {
      const aggregate = aggregateName(name, subset.name, failover);
      if (failover.length === 0 || aggregates.has(aggregate)) continue;
      const last = before?.aggregates.get(aggregate);
      const members = [subset.name, ...failover].map((each) => clusterName(name, each));
      const made =
        last !== undefined && before?.service.settings === settings
          ? withOrigins(last, origins)
          : keptResource(last, aggregateResource(aggregate, members, settings, origins));
      aggregates.set(aggregate, made);
    }
  }
  return aggregates;
}

function bundleOf(
  { name }: Service,
  parts: Pick<TranslatedService, "subsets" | "aggregates" | "split">,
  before: Bundle | undefined,
): Bundle {
  const clusters = [...parts.subsets.values()].flatMap(({ cluster, grpcCluster, assignment }) =>
    grpcCluster === undefined ? [cluster, assignment] : [cluster, grpcCluster, assignment],
  );
  const { grpcListener, grpcRoutes } = parts.split;
  const resources = [...clusters, ...parts.aggregates.values(), grpcListener, grpcRoutes];
  if (before !== undefined && sameElements(before.resources, resources)) return before;
  return { owner: `service/${name}`, resources };
}
