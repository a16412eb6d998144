/**
 * The endpoints of one cluster, grouped by zone. gRPC clients drop a locality without a weight, so
 * each has one, and demand that `locality` is present, if empty.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint.proto
 */
import { compareText } from "../../lib/compare-text.ts";
import type { Instance } from "../../model/instance.ts";
import { encodeAny } from "../../proto/encode.ts";
import { wrapped } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { instanceWeight } from "../split/subsets.ts";

/** Largest sum of weights that Envoy takes in one locality and over all. */
const weightSumMax = 4_294_967_295;

/** Empty, and still there, where no instance is: a missing one would keep the cluster warming. */
export function assignmentResource(
  name: string,
  instances: readonly Instance[],
  origins: readonly string[],
): Resource {
  const zones = [...byZone(instances)].sort(([a], [b]) => compareText(a, b));
  const scale = Math.max(1, total(instances) / weightSumMax);
  const any = encodeAny("envoy.config.endpoint.v3.ClusterLoadAssignment", {
    cluster_name: name,
    endpoints: zones.map(([zone, members]) => locality(zone, members, scale)),
  });
  const serves = instances.some((instance) => instanceWeight(instance) > 0);
  return makeResource({ typeUrl: typeUrls.endpoint, name, any, serves, origins });
}

/** Instances are sorted by id, and stay so within a zone. */
function byZone(instances: readonly Instance[]): ReadonlyMap<string, readonly Instance[]> {
  const zones = new Map<string, Instance[]>();
  for (const instance of instances) {
    const members = zones.get(instance.zone);
    if (members === undefined) zones.set(instance.zone, [instance]);
    else members.push(instance);
  }
  return zones;
}

function locality(zone: string, members: readonly Instance[], scale: number) {
  const weights = members.map((each) => Math.max(1, Math.floor(instanceWeight(each) / scale)));
  // Drained endpoints take nothing, so they do not draw traffic to their zone either.
  const taking = weights.filter((_, i) => members[i]?.weight !== 0);
  return {
    locality: { zone },
    lb_endpoints: members.map((each, i) => endpoint(each, weights[i] ?? 1)),
    load_balancing_weight: wrapped(Math.max(1, sum(taking))),
  };
}

function endpoint({ address, weight }: Instance, balancingWeight: number) {
  const socket = { address: address.host, port_value: address.port };
  return {
    endpoint: { address: { socket_address: socket } },
    // Envoy refuses a weight of 0; a drained endpoint finishes its requests and gets no new ones.
    ...(weight === 0 ? { health_status: "DRAINING" as const } : {}),
    load_balancing_weight: wrapped(balancingWeight),
  };
}

/** Every weight counts as at least 1, as it does above. */
const total = (instances: readonly Instance[]): number =>
  sum(instances.map((instance) => Math.max(1, instanceWeight(instance))));

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
