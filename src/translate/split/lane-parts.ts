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

export interface LaneParts {
  /** The service itself where it has no instance in a lane. */
  readonly baseline: Service;
  /** A part for every lane, empty or not. */
  readonly lanes: ReadonlyMap<LaneName, ServiceSubset>;
}

/** Of several lanes that an instance has the labels of, it belongs to the first. */
export function laneParts(service: Service, lanes: readonly Lane[]): LaneParts {
  if (lanes.length === 0) return { baseline: service, lanes: new Map() };
  const members = new Map<LaneName, Instance[]>(lanes.map(({ name }) => [name, []]));
  const baseline: Instance[] = [];
  for (const instance of service.instances) {
    const lane = lanes.find(({ labels }) => carriesAll(instance, labels));
    (lane === undefined ? baseline : members.get(lane.name))?.push(instance);
  }
  const isWhole = baseline.length === service.instances.length;
  return {
    baseline: isWhole ? service : { ...service, instances: baseline },
    lanes: new Map(
      [...members].map(([lane, instances]) => [
        lane,
        serviceSubset(laneSubsetName(lane), instances, undefined),
      ]),
    ),
  };
}

/** Whether the service may have instances in the lane. */
export const concerns = ({ services }: Lane, { name }: Pick<Service, "name">): boolean =>
  services === undefined || services.includes(name);

function carriesAll(instance: Instance, labels: ReadonlyMap<string, string>): boolean {
  for (const [key, value] of labels) if (instance.labels.get(key) !== value) return false;
  return true;
}
