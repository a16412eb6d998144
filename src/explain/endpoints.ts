/** Where the requests of a cluster go: its instances, or the clusters that it is made of. */
import type { Cluster, LbEndpoint, LocalityLbEndpoints } from "../proto/messages.ts";
import type { Served } from "./source.ts";

export interface ClusterEndpoints {
  readonly cluster: string;
  /** False: the share that it gets fails with 503. */
  readonly known: boolean;
  /** Of an aggregate: those that stand in for each other, in their order. Else empty. */
  readonly members: readonly ClusterEndpoints[];
  readonly endpoints: readonly EndpointAnswer[];
  /** Store keys it was made from. */
  readonly origins: readonly string[];
}

export interface EndpointAnswer {
  /** `10.0.0.1:8080`. */
  readonly address: string;
  /** Among those of its zone and priority. */
  readonly weight: number;
  readonly zone: string;
  /** 0 first. */
  readonly priority: number;
  /** Gets no new requests. */
  readonly drained: boolean;
}

const aggregateUrl =
  "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig" as const;

/** Aggregates in aggregates are not looked into any deeper than this. */
const deepest = 4;

export function endpointsOf(served: Served, cluster: string, depth = 0): ClusterEndpoints {
  const found = served.find("cluster", cluster);
  const nothing = { cluster, members: [], endpoints: [], origins: [] };
  if (found === undefined) return { ...nothing, known: false };
  const { message, origins } = found;
  const names = depth < deepest ? memberNames(message) : [];
  const members = names.map((name) => endpointsOf(served, name, depth + 1));
  const assignment =
    message.load_assignment ?? served.find("endpoint", assignmentName(message, cluster))?.message;
  const endpoints = (assignment?.endpoints ?? []).flatMap(localityEndpoints);
  return { cluster, known: true, members, endpoints, origins };
}

function memberNames({ cluster_type: type }: Cluster): readonly string[] {
  const config = type?.typed_config;
  if (config === undefined || !("@type" in config) || config["@type"] !== aggregateUrl) return [];
  return config.clusters ?? [];
}

const assignmentName = ({ eds_cluster_config: eds }: Cluster, cluster: string): string =>
  eds?.service_name === undefined || eds.service_name === "" ? cluster : eds.service_name;

const localityEndpoints = (zone: LocalityLbEndpoints): readonly EndpointAnswer[] =>
  (zone.lb_endpoints ?? []).map((each) => ({
    address: addressText(each),
    weight: each.load_balancing_weight?.value ?? 1,
    zone: zone.locality?.zone ?? "",
    priority: zone.priority ?? 0,
    drained: isDrained(each),
  }));

function addressText({ endpoint }: LbEndpoint): string {
  const { socket_address: socket, pipe } = endpoint?.address ?? {};
  if (socket === undefined) return pipe?.path ?? "";
  const { address = "", port_value: port = 0 } = socket;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const isDrained = ({ health_status: status = "UNKNOWN" }: LbEndpoint): boolean =>
  !["UNKNOWN", "HEALTHY", "DEGRADED"].includes(status);
