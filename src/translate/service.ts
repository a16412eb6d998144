/** Everything that follows from one service alone, made once for as long as the service stays. */
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { SubsetName } from "../model/names.ts";
import type { Service, SubsetWeight } from "../model/service.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { assignmentResource } from "./assignment.ts";
import { clusterResource } from "./cluster.ts";
import { grpcResources } from "./grpc.ts";
import { clusterName } from "./names.ts";
import { splitOf } from "./split.ts";
import { emptySubset, type ServiceSubset, subsetsOf } from "./subsets.ts";
import { type EncodedVirtualHost, splitRoute, virtualHost } from "./virtual-host.ts";

export interface TranslatedService {
  readonly service: Service;
  /** Subsets that routes name, sorted. */
  readonly routed: readonly SubsetName[];
  /** Those of the service, and after them those that only routes name. */
  readonly subsets: ReadonlyMap<SubsetName, ServiceSubset>;
  readonly split: readonly SubsetWeight[];
  readonly bundle: Bundle;
  /** The virtual host that answers to the service's name where no route does. */
  readonly virtualHost: EncodedVirtualHost;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * `routed`: the subsets that routes name. One that the service does not have gets a cluster without
 * endpoints, so that a route never names a cluster that is not there.
 */
export function translateService(
  service: Service,
  routed: readonly SubsetName[],
): TranslatedService {
  const own = subsetsOf(service);
  const { shares, diagnostics } = splitOf(service, own);
  const subsets = new Map(own.map((subset) => [subset.name, subset]));
  for (const name of routed) if (!subsets.has(name)) subsets.set(name, emptySubset(name));
  const { name, origins, settings } = service;
  const weights = shares.map(({ subset, weight }) => ({
    cluster: clusterName(name, subset),
    weight,
  }));
  const route = splitRoute(weights, settings.timeouts.requestMs);
  const resources = [...subsets.values()].flatMap((subset) => {
    const cluster = clusterName(name, subset.name);
    return [
      clusterResource(cluster, settings, origins),
      assignmentResource(cluster, subset.instances, origins),
    ];
  });
  return {
    service,
    routed,
    subsets,
    split: shares,
    bundle: {
      owner: `service/${name}`,
      resources: [...resources, ...grpcResources(name, route, origins)],
    },
    virtualHost: virtualHost(name.toLowerCase(), [route]),
    diagnostics,
  };
}
