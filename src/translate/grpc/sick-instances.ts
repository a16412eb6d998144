/**
 * Which instances gRPC clients are kept from. They are those that serin's probes found sick, less those of
 * versions that nobody would stand in for: there a client that tries can only win, and a prober that is
 * itself cut off, to whom all look sick, takes no service down.
 */
import { addressText, type Instance } from "../../model/instance.ts";
import type { SubsetName } from "../../model/names.ts";
import type { TranslatedService } from "../service.ts";
import { fallbackOf } from "../split/split.ts";
import { takesTraffic } from "../split/subsets.ts";

export interface SickInstances {
  readonly marked: ReadonlyMap<Instance, NonNullable<Instance["found"]>>;
  /** Subsets of which none that takes traffic is well, and that go on getting it. Sorted. */
  readonly spared: readonly SubsetName[];
  /** The others of that kind; somebody stands in for them. Sorted. */
  readonly out: readonly SubsetName[];
}

/** `translated`: the service as Envoys get it, in which nobody is sick. */
export function sickInstances(translated: TranslatedService): SickInstances {
  const { service, subsets } = translated;
  const isSick = (instance: Instance): boolean => service.sick.has(addressText(instance.address));
  const allSick = [...subsets.values()]
    .filter(({ subset }) => {
      const taking = subset.instances.filter(takesTraffic);
      return taking.length > 0 && taking.every(isSick);
    })
    .map(({ subset }) => subset.name)
    .sort();
  const spared = allSick.filter((name) => !hasStandIn(translated, name, new Set(allSick)));
  const tried = new Set(
    spared
      .flatMap((name) => subsets.get(name)?.subset.instances ?? [])
      .map(({ address }) => addressText(address)),
  );
  const marked = service.instances.flatMap((each) => {
    const address = addressText(each.address);
    const sickness = tried.has(address) ? undefined : service.sick.get(address);
    if (sickness === undefined) return [];
    return [[each, sickness.backMs === undefined ? "sick" : "back"] as const];
  });
  const kept = new Set(spared);
  return {
    marked: new Map(marked),
    spared,
    out: allSick.filter((name) => !kept.has(name)),
  };
}

/** As Envoys turn elsewhere (`failoverOf`), and as serin does where a version has no instances. */
function hasStandIn(
  { subsets, routing, lanes }: TranslatedService,
  name: SubsetName,
  allSick: ReadonlySet<SubsetName>,
): boolean {
  if (subsets.get(name)?.lastResort === true) return false;
  const ordinary = new Map(
    [...routing.subsets].map(([each, subset]) => [
      each,
      { ...subset, usable: subset.usable && !allSick.has(each) },
    ]),
  );
  const takes = routing.split.some(
    ({ subset, weight }) => weight > 0 && ordinary.get(subset)?.usable === true,
  );
  if (ordinary.has(name)) return fallbackOf(ordinary, name) !== undefined || takes;
  // The part of a lane: the baseline answers for a permissive one.
  const lane = lanes.find((each) => routing.lanes.get(each.name)?.name === name);
  return lane?.mode === "permissive" && takes;
}
