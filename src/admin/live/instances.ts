/** The instances of a service, one by one, for people. */

import type { InstanceJson } from "../../api/services.ts";
import type { Instance } from "../../model/instance.ts";
import { addressText } from "../../model/instance.ts";
import type { Service } from "../../model/service.ts";
import { instanceWeight, subsetsOf } from "../../translate/split/subsets.ts";
import type { VerdictsView } from "../verdict-json.ts";

export function instancesJson(service: Service, verdicts: VerdictsView): readonly InstanceJson[] {
  const versions = new Map<Instance, string>();
  const found = new Map<string, "healthy" | "some" | "none">();
  for (const { name, instances } of subsetsOf(service)) {
    for (const each of instances) if (!versions.has(each)) versions.set(each, name);
    found.set(name, foundOf(`${service.name}/${name}`, verdicts));
  }
  return service.instances.map((instance) => {
    const { id, zone } = instance;
    const address = addressText(instance.address);
    const version = versions.get(instance) ?? "";
    const sickness = service.sick.get(address);
    const isSick = sickness !== undefined && sickness.backMs === undefined;
    const weight = instanceWeight(instance);
    const state = stateOf(weight, isSick, found.get(version));
    return { id, address, version, weight, zone, state };
  });
}

function stateOf(
  weight: number,
  isSick: boolean,
  found: "healthy" | "some" | "none" | undefined,
): InstanceJson["state"] {
  if (weight === 0) return "draining";
  if (isSick || found === "none") return "unhealthy";
  return found === "some" ? "unknown" : "serving";
}

/** How many of a version's instances its proxies send requests to. */
function foundOf(cluster: string, { board, nowMs }: VerdictsView): "healthy" | "some" | "none" {
  const findings = board.of(cluster, nowMs).filter(({ total }) => total > 0);
  if (findings.every(({ total, healthy }) => healthy === total)) return "healthy";
  return findings.every(({ healthy }) => healthy === 0) ? "none" : "some";
}
