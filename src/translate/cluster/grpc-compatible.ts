/**
 * Clusters for gRPC clients without a proxy, where those of the proxies do not do: a client that is
 * given a policy it does not know refuses the cluster. Go and Java take least request, Python and
 * Node.js do not; none takes random or maglev. Certificates over SDS are unknown to all of them.
 * https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md
 */
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { LoadBalancing, ServiceSettings } from "../../model/service.ts";
import { clusterName } from "../names.ts";

/** Cluster of a subset for gRPC clients, where the settings differ; the load assignment is the same. */
export const grpcClusterName = (service: ServiceName, subset: SubsetName): string =>
  `${clusterName(service, subset)}/grpc`;

export interface GrpcSettings {
  /** The same object where gRPC clients take it as it is. */
  readonly settings: ServiceSettings;
  /** What gRPC clients do differently, one sentence each. */
  readonly problems: readonly string[];
}

export function grpcCompatible(settings: ServiceSettings): GrpcSettings {
  const policy = knownPolicy[settings.loadBalancing.policy];
  const samePolicy = policy === settings.loadBalancing.policy;
  if (samePolicy && settings.tls === undefined) return { settings, problems: [] };
  return {
    settings: {
      ...settings,
      loadBalancing: samePolicy ? settings.loadBalancing : { ...settings.loadBalancing, policy },
      tls: undefined,
    },
    problems: [
      ...(samePolicy
        ? []
        : [`gRPC clients do not all know ${settings.loadBalancing.policy}: they get ${policy}`]),
      ...(settings.tls === undefined
        ? []
        : ["gRPC clients do not get tls: what they connect with is up to their credentials"]),
    ],
  };
}

const knownPolicy: Readonly<Record<LoadBalancing["policy"], LoadBalancing["policy"]>> = {
  roundRobin: "roundRobin",
  leastRequest: "roundRobin",
  random: "roundRobin",
  ringHash: "ringHash",
  maglev: "ringHash",
};
