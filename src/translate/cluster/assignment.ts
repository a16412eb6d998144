/**
 * The endpoints of one cluster, grouped by zone. gRPC clients drop a locality without a weight, so
 * each has one, and demand that `locality` is present, if empty.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/endpoint/v3/endpoint.proto
 */
import { compareText } from "../../lib/compare-text.ts";
import { type Instance, versionLabel } from "../../model/instance.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import { looksAtHealth, type ServiceSettings } from "../../model/service.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { wrapped } from "../../proto/values.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { apportion } from "../split/apportion.ts";
import { instanceWeight, takesTraffic } from "../split/subsets.ts";
import { compressed, overflowPolicy, type ZoneSetting, zoneSetting } from "./zones.ts";

type Locality = MessageOf<"envoy.config.endpoint.v3.LocalityLbEndpoints">;
type Policy = MessageOf<"envoy.config.endpoint.v3.ClusterLoadAssignment.Policy">;

/** Largest sum of weights that Envoy takes in one locality and over all. */
const weightSumMax = 4_294_967_295;

/** Instances that share a locality, and what the settings say of it. */
interface Group extends ZoneSetting {
  readonly locality: NonNullable<Locality["locality"]>;
  readonly members: readonly Instance[];
  /** Version of the members that carry none. */
  readonly subset: string;
}

/** One subset of a sticky split. */
export interface StickyPart {
  readonly service: ServiceName;
  readonly subset: SubsetName;
  /** Its share, in the unit of the others. */
  readonly weight: number;
  readonly instances: readonly Instance[];
}

/**
 * Empty, and still there, where no instance is: a missing one would keep the cluster warming. `name`
 * is `<service>/<subset>`. A zone of weight 0 is left out.
 */
export function assignmentResource(
  name: string,
  instances: readonly Instance[],
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const subset = name.slice(name.indexOf("/") + 1);
  const taken = new Set<string>();
  // Where sick endpoints may be tried, the drained are left out, lest they are tried as well. They
  // finish their requests all the same.
  const present = looksAtHealth(settings)
    ? instances.filter((each) => instanceWeight(each) > 0)
    : instances;
  const groups = [...byZone(present.filter((each) => takeAddress(taken, each)))]
    .sort(([a], [b]) => compareText(a, b))
    .map(([zone, members]): Group => {
      return { locality: { zone }, members, subset, ...zoneSetting(settings.localities, zone) };
    })
    .filter(({ weight }) => weight !== 0);
  const priorities = compressed(groups.map(({ priority }) => priority));
  const contiguous = groups
    .map((group): Group => ({ ...group, priority: priorities.get(group.priority) ?? 0 }))
    .sort((a, b) => a.priority - b.priority);
  const policy = overflowPolicy(settings, priorities.size);
  return makeAssignment(name, contiguous, policy, settings, origins);
}

/**
 * One locality per subset for the ring of `stickyClusterResource`: the only sticky split that gRPC
 * clients know. A subset that gets no traffic is left out, and so are zones. gRPC clients refuse an
 * address that occurs twice, so the first subset that has it keeps it. Python and Node.js multiply
 * the weights of a locality and of its endpoints: those of each locality have the same sum.
 */
export function stickyAssignment(
  name: string,
  parts: readonly StickyPart[],
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const taken = new Set<string>();
  const groups = parts
    .filter(({ weight }) => weight > 0)
    .map(({ service, subset, weight, instances }): Group => {
      const members = apportioned(instances.filter((each) => takeAddress(taken, each)));
      const locality = { zone: service, sub_zone: subset };
      return { locality, members, subset, weight, priority: 0 };
    })
    .filter(({ members }) => members.some(takesTraffic));
  return makeAssignment(name, groups, undefined, settings, origins);
}

/** False where it was taken before. */
function takeAddress(taken: Set<string>, { address }: Instance): boolean {
  const before = taken.size;
  return taken.add(`${address.host} ${address.port}`).size > before;
}

/** With weights of a fixed sum over those that take traffic; the drained stay so. */
function apportioned(instances: readonly Instance[]): readonly Instance[] {
  const units = apportion(instances.map((each) => (takesTraffic(each) ? instanceWeight(each) : 0)));
  return instances.map((instance, i) => ({ ...instance, weight: units[i] ?? 0 }));
}

function makeAssignment(
  name: string,
  groups: readonly Group[],
  policy: Policy | undefined,
  settings: ServiceSettings,
  origins: readonly string[],
): Resource {
  const members = groups.flatMap((group) => group.members);
  const scale = Math.max(1, sum(members.map(countedWeight)) / weightSumMax);
  const zoneScale = Math.max(1, sum(groups.map(groupWeight)) / weightSumMax);
  const tellsVersion = settings.servedVersionHeader !== undefined;
  const any = encodeAny("envoy.config.endpoint.v3.ClusterLoadAssignment", {
    cluster_name: name,
    endpoints: groups.map((group) => ({
      locality: group.locality,
      lb_endpoints: group.members.map((each) => ({
        ...endpoint(each, scale),
        ...(tellsVersion ? versionMetadata(each, group.subset) : {}),
      })),
      load_balancing_weight: wrapped(Math.max(1, Math.floor(groupWeight(group) / zoneScale))),
      ...(group.priority === 0 ? {} : { priority: group.priority }),
    })),
    ...(policy === undefined ? {} : { policy }),
  });
  const serves = members.some(takesTraffic);
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

function endpoint(instance: Instance, scale: number) {
  const { address } = instance;
  const socket = { address: address.host, port_value: address.port };
  return {
    endpoint: { address: { socket_address: socket } },
    ...healthStatus(instance),
    load_balancing_weight: wrapped(Math.max(1, Math.floor(instanceWeight(instance) / scale))),
  };
}

/** Envoy refuses a weight of 0; a drained endpoint finishes its requests and gets no new ones. */
function healthStatus({ weight, found }: Instance) {
  if (found === "sick") return { health_status: "UNHEALTHY" as const };
  return weight === 0 ? { health_status: "DRAINING" as const } : {};
}

/** What the route's header that tells the version is filled with. */
function versionMetadata({ labels }: Instance, subset: string) {
  const version = labels.get(versionLabel) || subset;
  return { metadata: { filter_metadata: { serin: { version } } } };
}

/** Drained and sick endpoints take nothing, so they do not draw traffic to their zone either. */
const groupWeight = ({ weight, members }: Group): number =>
  Math.max(1, weight ?? sum(members.filter(takesTraffic).map(countedWeight)));

/** Every endpoint counts as at least 1. */
const countedWeight = (instance: Instance): number => Math.max(1, instanceWeight(instance));

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
