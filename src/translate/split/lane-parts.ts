/**
 * Divides a service's instances into those of lanes and the baseline. Instances of a lane get the
 * lane's traffic and no other.
 */
import type { Instance } from "../../model/instance.ts";
import type { Lane } from "../../model/lane.ts";
import type { LaneName } from "../../model/names.ts";
import type { Service } from "../../model/service.ts";
import { laneSubsetName } from "../names.ts";
import { type ServiceSubset, serviceSubset } from "./subsets.ts";

export interface LanePart extends ServiceSubset {
  /** Whether the baseline may stand in for it: in a permissive lane. */
  readonly failsOver: boolean;
}

export interface LaneParts {
  /** The service itself where it has no instance in a lane. */
  readonly baseline: Service;
  /**
   * A part for every lane with instances. A strict lane has one without, to fail in; a permissive
   * one goes without, or every service would have a cluster more on every proxy.
   */
  readonly lanes: ReadonlyMap<LaneName, LanePart>;
}

const noParts: LaneParts["lanes"] = new Map();

/** Of several lanes that an instance has the labels of, it belongs to the first. */
export function laneParts(service: Service, lanes: readonly Lane[]): LaneParts {
  if (lanes.length === 0) return { baseline: service, lanes: noParts };
  const members = new Map<LaneName, Instance[]>();
  for (const { name, mode } of lanes) if (mode === "strict") members.set(name, []);
  const baseline: Instance[] = [];
  for (const instance of service.instances) {
    const lane = lanes.find(({ labels }) => carriesAll(instance, labels));
    if (lane === undefined) baseline.push(instance);
    else {
      const others = members.get(lane.name);
      if (others === undefined) members.set(lane.name, [instance]);
      else others.push(instance);
    }
  }
  const isWhole = baseline.length === service.instances.length;
  const parts = lanes.flatMap(({ name, mode }) => {
    const instances = members.get(name);
    if (instances === undefined) return [];
    const subset = serviceSubset(laneSubsetName(name), instances, undefined);
    return [[name, { ...subset, failsOver: mode === "permissive" }] as const];
  });
  return {
    baseline: isWhole ? service : { ...service, instances: baseline },
    lanes: new Map(parts),
  };
}

/** Whether the service may have instances in the lane. */
export const concerns = ({ services }: Lane, { name }: Pick<Service, "name">): boolean =>
  services === undefined || services.includes(name);

function carriesAll(instance: Instance, labels: ReadonlyMap<string, string>): boolean {
  for (const [key, value] of labels) if (instance.labels.get(key) !== value) return false;
  return true;
}
