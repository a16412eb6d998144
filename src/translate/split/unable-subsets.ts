/** Which versions of a service could not answer if they were given traffic, for those who decide about it. */
import type { DesiredState } from "../../model/desired-state.ts";
import type { Lane } from "../../model/lane.ts";
import type { SubsetName } from "../../model/names.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { Service } from "../../model/service.ts";
import { concerns, laneParts } from "./lane-parts.ts";
import { fallbackOf } from "./split.ts";
import { type ServiceSubset, subsetsOf } from "./subsets.ts";

/**
 * Each with one clause that says why. The canary is nobody who could stand in for another one: what an
 * abort takes from it must not come back to it.
 */
export function unableSubsets(
  { service: of, stable, canary }: Pick<Rollout, "service" | "stable" | "canary">,
  { services, lanes }: Pick<DesiredState, "services" | "lanes">,
): ReadonlyMap<SubsetName, string> {
  const service = services.get(of);
  const subsets = service === undefined ? [] : subsetsOf(baselineOf(service, lanes.values()));
  const byName = new Map(subsets.map((subset) => [subset.name, subset]));
  const unable = new Map<SubsetName, string>();
  for (const name of new Set([...byName.keys(), stable, canary])) {
    const receiver = fallbackOf(byName, name);
    const returns = receiver === canary && name !== canary;
    if (receiver !== undefined && !returns) continue;
    const why = whyUnable(name, byName.get(name), service);
    unable.set(name, returns ? `${why}, and ${canary} stands in for it` : why);
  }
  return unable;
}

/** What is in a lane has traffic of its own, and no part of the split. */
function baselineOf(service: Service, lanes: Iterable<Lane>): Service {
  const own = [...lanes].filter((lane) => concerns(lane, service));
  return laneParts(service, own).baseline;
}

function whyUnable(
  name: SubsetName,
  subset: ServiceSubset | undefined,
  service: Service | undefined,
): string {
  if (subset === undefined || subset.instances.length === 0) return `${name} has no instance`;
  if (!subset.latched) return `all instances of ${name} are drained`;
  return `${name} is taken out by the guard ${service?.latched.get(name)?.guard ?? ""}`;
}
