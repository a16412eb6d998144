/**
 * The parts of a service, in the order in which they stand in every weighted_clusters. The order
 * decides which users a sticky split picks, so it does not depend on weights, health or arrival.
 */
import { type Instance, versionLabel } from "../../model/instance.ts";
import { type SubsetName, unversioned } from "../../model/names.ts";
import type { Service } from "../../model/service.ts";
import { compareNatural } from "../names.ts";

/** A subset with the instances that belong to it. */
export interface ServiceSubset {
  readonly name: SubsetName;
  readonly instances: readonly Instance[];
  /** Whether it gets a share: an instance is there, not all are drained or sick, and no guard has latched it. */
  readonly usable: boolean;
  /** Of one that is latched, the stable subset where it names none. */
  readonly fallback: SubsetName | undefined;
  /** A guard has taken it out: it gets no traffic, whatever weights and routes say. */
  readonly latched: boolean;
}

/** Weight of an instance that states none. */
export const defaultInstanceWeight = 100;

export const instanceWeight = (instance: Instance): number =>
  instance.weight ?? defaultInstanceWeight;

export const takesTraffic = (instance: Instance): boolean =>
  instanceWeight(instance) > 0 && instance.found !== "sick";

/**
 * Subsets of a service: those of its settings, in that order; else one for each version, in
 * natural order, those that are canaries by their instances or their name last. A version that only `weights/<service>`
 * names is a subset as well, so that the shape of the split outlives the last instance. There is
 * always one.
 */
export function subsetsOf(service: Service): readonly ServiceSubset[] {
  const all = service.settings.subsets.length > 0 ? listed(service) : byVersion(service);
  return withLatches(all, service);
}

const listed = (service: Service): readonly ServiceSubset[] =>
  service.settings.subsets.map(({ name, labels, fallback }) =>
    serviceSubset(
      name,
      service.instances.filter((instance) => carries(instance, labels)),
      fallback,
    ),
  );

/** Those that are latched keep their instances, which proxies go on probing for the day they are back. */
export function withLatches(
  subsets: readonly ServiceSubset[],
  { latched }: Service,
): readonly ServiceSubset[] {
  if (latched.size === 0) return subsets;
  const [stable] = subsets;
  return subsets.map((subset) => {
    if (!latched.has(subset.name)) return subset;
    const fallback = subset.fallback ?? (subset === stable ? undefined : stable?.name);
    return { ...subset, usable: false, latched: true, fallback };
  });
}

/** A subset that has no instances: named by a route or a weight, and not (yet) there. */
export const emptySubset = (name: SubsetName): ServiceSubset => serviceSubset(name, [], undefined);

function byVersion(service: Service): readonly ServiceSubset[] {
  const versions = new Map<SubsetName, Instance[]>();
  for (const { subset } of service.weights ?? []) versions.set(subset, []);
  for (const instance of service.instances) {
    const version = versionOf(instance);
    const members = versions.get(version);
    if (members === undefined) versions.set(version, [instance]);
    else members.push(instance);
  }
  if (versions.size === 0) return [emptySubset(unversioned)];
  return [...versions]
    .map(([name, instances]) => serviceSubset(name, instances, undefined))
    .sort((a, b) => Number(isCanary(a)) - Number(isCanary(b)) || compareNatural(a.name, b.name));
}

export function serviceSubset(
  name: SubsetName,
  instances: readonly Instance[],
  fallback: SubsetName | undefined,
): ServiceSubset {
  const usable = instances.some((each) => instanceWeight(each) > 0 && each.found === undefined);
  return { name, instances, usable, fallback, latched: false };
}

/** An empty version label is no version. */
function versionOf(instance: Instance): SubsetName {
  const version = instance.labels.get(versionLabel);
  return version === undefined || version === "" ? unversioned : (version as SubsetName);
}

function carries(instance: Instance, labels: ReadonlyMap<string, string>): boolean {
  for (const [key, value] of labels) {
    if (instance.labels.get(key) !== value) return false;
  }
  return true;
}

/** By its instances, or by the name that people give it: `canary` would sort before `stable`. */
const isCanary = ({ name, instances }: ServiceSubset): boolean =>
  /canary|gr[ae]y/i.test(name) ||
  (instances.length > 0 && instances.every((instance) => instance.canary));
