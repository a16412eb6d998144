/**
 * Clusters of sticky splits, with their load assignments: they follow the routes, and the endpoints
 * and settings of the services behind them.
 */
import type { ServiceName } from "../../model/names.ts";
import { defaultSettings, type ServiceSettings } from "../../model/service.ts";
import type { Bundle } from "../../snapshot/bundle.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { type StickyPart, stickyAssignment } from "../cluster/assignment.ts";
import { stickyClusterResource } from "../cluster/cluster.ts";
import { grpcCompatible } from "../cluster/grpc-compatible.ts";
import { keptResource, sameElements, withOrigins } from "../equal.ts";
import type { TranslatedRoute } from "../route/route.ts";
import type { TranslatedService } from "../service.ts";
import { type StickySplit, stickySplits } from "./sticky-split.ts";

export interface StickyRoute {
  readonly translated: TranslatedRoute;
  /** Those of its services that are there. */
  readonly services: readonly TranslatedService[];
  readonly clusters: ReadonlyMap<string, StickyCluster>;
  readonly bundle: Bundle;
}

interface StickyCluster {
  readonly parts: readonly StickyPart[];
  readonly settings: ServiceSettings;
  readonly cluster: Resource;
  readonly assignment: Resource;
}

type ServicesByName = ReadonlyMap<ServiceName, TranslatedService>;

/** undefined where no split of the route is sticky for gRPC clients. */
export function stickyRoute(
  translated: TranslatedRoute,
  byName: ServicesByName,
  before: StickyRoute | undefined,
): StickyRoute | undefined {
  const splits = stickySplits(translated);
  if (splits.length === 0) return undefined;
  const services = [...translated.found.keys()].flatMap((name) => byName.get(name) ?? []);
  if (before?.translated === translated && sameElements(before.services, services)) return before;
  const clusters = new Map(
    splits.map((split) => {
      const origins = [
        translated.route.origin,
        ...services.flatMap((each) => each.service.origins),
      ];
      return [split.name, stickyCluster(split, byName, origins, before?.clusters.get(split.name))];
    }),
  );
  const resources = [...clusters.values()].flatMap(({ cluster, assignment }) => [
    cluster,
    assignment,
  ]);
  const same = before !== undefined && sameElements(before.bundle.resources, resources);
  const bundle = same ? before.bundle : { owner: `sticky/${translated.route.origin}`, resources };
  return { translated, services, clusters, bundle };
}

/** One for each subset, which may stand in several places of a split. */
function partsOf(clusters: StickySplit["clusters"], byName: ServicesByName): readonly StickyPart[] {
  const parts = new Map<string, StickyPart>();
  for (const { service, subset, weight } of clusters) {
    const key = `${service}/${subset}`;
    const instances = byName.get(service)?.subsets.get(subset)?.subset.instances ?? [];
    const before = parts.get(key)?.weight ?? 0;
    parts.set(key, { service, subset, weight: before + weight, instances });
  }
  return [...parts.values()];
}

function stickyCluster(
  { name, clusters }: StickySplit,
  byName: ServicesByName,
  origins: readonly string[],
  before: StickyCluster | undefined,
): StickyCluster {
  const parts = partsOf(clusters, byName);
  const settings = settingsOf(parts, byName);
  if (before?.settings === settings && sameParts(before.parts, parts)) {
    return {
      ...before,
      cluster: withOrigins(before.cluster, origins),
      assignment: withOrigins(before.assignment, origins),
    };
  }
  return {
    parts,
    settings,
    cluster: keptResource(
      before?.cluster,
      stickyClusterResource(name, compatible(settings), origins),
    ),
    assignment: keptResource(before?.assignment, stickyAssignment(name, parts, settings, origins)),
  };
}

const compatible = (settings: ServiceSettings): ServiceSettings =>
  grpcCompatible(settings).settings;

/** There is one cluster: it is as the first service has it. */
const settingsOf = (parts: readonly StickyPart[], byName: ServicesByName): ServiceSettings => {
  const [first] = parts.flatMap(({ service }) => byName.get(service) ?? []);
  return first?.service.settings ?? defaultSettings;
};

const sameParts = (a: readonly StickyPart[], b: readonly StickyPart[]): boolean =>
  a.length === b.length &&
  a.every((part, i) => {
    const other = b[i];
    return (
      other !== undefined &&
      part.service === other.service &&
      part.subset === other.subset &&
      part.weight === other.weight &&
      sameElements(part.instances, other.instances)
    );
  });
