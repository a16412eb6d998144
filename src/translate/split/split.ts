/**
 * How a service's traffic divides among its subsets, in units of the fixed denominator. Weights of
 * `weights/<service>` decide; without them, the tags of the instances.
 */
import type { Diagnostic, DiagnosticCode } from "../../lib/diagnostic.ts";
import type { Instance } from "../../model/instance.ts";
import type { SubsetName } from "../../model/names.ts";
import type { Service, SubsetWeight } from "../../model/service.ts";
import { apportion, denominator } from "./apportion.ts";
import { inPlace, type Part } from "./in-place.ts";
import { instanceWeight, type ServiceSubset } from "./subsets.ts";

export interface Split {
  /**
   * Every subset in their order, zeros included, and one that stands in for another in its place as
   * well; the sum is the denominator.
   */
  readonly shares: readonly SubsetWeight[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Percent of the traffic for all instances that join as a canary by themselves. */
const canaryPercent = 5;

export function splitOf(service: Service, subsets: readonly ServiceSubset[]): Split {
  return service.weights === undefined
    ? splitByTags(service, subsets)
    : splitByWeights(service, subsets, service.weights);
}

/** Follows fallbacks from a subset without usable endpoints; undefined where none leads to one. */
export function fallbackOf(
  subsets: ReadonlyMap<SubsetName, Pick<ServiceSubset, "name" | "usable" | "fallback">>,
  name: SubsetName,
): SubsetName | undefined {
  const seen = new Set<SubsetName>();
  let current = subsets.get(name);
  while (current !== undefined && !seen.has(current.name)) {
    if (current.usable) return current.name;
    seen.add(current.name);
    current = current.fallback === undefined ? undefined : subsets.get(current.fallback);
  }
  return undefined;
}

function splitByTags(service: Service, subsets: readonly ServiceSubset[]): Split {
  const weights = tagWeights(subsets);
  const key = `services/${service.name}`;
  const diagnostics = subsets
    .filter(({ latched, instances }) => latched && instances.some(hasShare))
    .map(({ name }) => splitWarning("SPLIT_LATCHED", key, "", latchText(service, name, undefined)));
  if (weights.some((weight) => weight > 0))
    return { shares: shares(subsets, weights), diagnostics };
  const index = firstNotLatched(subsets);
  const only = subsets[index]?.name ?? "";
  const message = `no instance of ${service.name} takes traffic; it goes to ${only} and fails`;
  return {
    shares: allTo(subsets, index),
    diagnostics: [...diagnostics, splitWarning("SPLIT_NO_ENDPOINTS", key, "", message)],
  };
}

/**
 * Sum of the instances' weights, scaled so that canary instances without a weight of their own have
 * their fixed percentage together, each the same part of it.
 */
function tagWeights(subsets: readonly ServiceSubset[]): readonly number[] {
  const taking = subsets.map(({ instances, usable }) => (usable ? instances : []));
  const stable = taking.map((instances) =>
    sum(instances.map((each) => (joinsByItself(each) ? 0 : instanceWeight(each)))),
  );
  const canaries = taking.map((instances) => instances.filter(joinsByItself).length);
  const allStable = sum(stable);
  const allCanaries = sum(canaries);
  if (allCanaries === 0) return stable;
  if (allStable === 0) return canaries;
  return stable.map(
    (weight, i) =>
      weight * (100 - canaryPercent) * allCanaries + (canaries[i] ?? 0) * canaryPercent * allStable,
  );
}

/** One that joins by itself has a share as well, and one of weight 0 has none. */
const hasShare = (instance: Instance): boolean => instanceWeight(instance) > 0;

const joinsByItself = (instance: { canary: boolean; weight: number | undefined }): boolean =>
  instance.canary && instance.weight === undefined;

function splitByWeights(
  service: Service,
  subsets: readonly ServiceSubset[],
  wanted: readonly SubsetWeight[],
): Split {
  const key = `weights/${service.name}`;
  const byName = new Map(subsets.map((subset) => [subset.name, subset]));
  const diagnostics: Diagnostic[] = [];
  for (const { subset, weight } of wanted) {
    const unknown = isUnknown(service, byName.get(subset), weight);
    const receiver = fallbackOf(byName, subset);
    if (unknown) {
      const message = `no instance of ${service.name} is of subset ${subset}: its weight is ignored`;
      diagnostics.push(splitWarning("SPLIT_UNKNOWN_SUBSET", key, subset, message));
    } else if (weight > 0 && byName.get(subset)?.latched === true) {
      const message = latchText(service, subset, receiver);
      diagnostics.push(splitWarning("SPLIT_LATCHED", key, subset, message));
    } else if (weight > 0 && receiver !== subset) {
      const message = `${subset} has no usable endpoint; its share goes to ${receiver ?? "the rest"}`;
      diagnostics.push(splitWarning("SPLIT_NO_ENDPOINTS", key, subset, message));
    }
  }
  const weights = new Map(wanted.map(({ subset, weight }) => [subset, weight]));
  const parts = subsets.map(
    ({ name }): Part<SubsetName> => ({
      target: name,
      weight: weights.get(name) ?? 0,
      receiver: fallbackOf(byName, name),
    }),
  );
  const placed = inPlace(parts, (a, b) => a === b);
  if (placed !== undefined) {
    const given = placed.map(({ target, weight }) => ({ subset: target, weight }));
    return { shares: given, diagnostics };
  }
  const last = lastResort(service, subsets, wanted);
  const fate = subsets[last]?.usable === true ? "" : ", and fails";
  const message = `no subset with weight takes traffic: all goes to ${subsets[last]?.name}${fate}`;
  // That each of them has no endpoint is told with this one.
  const others = diagnostics.filter(({ code }) => code !== "SPLIT_NO_ENDPOINTS");
  return {
    shares: allTo(subsets, last),
    diagnostics: [...others, splitWarning("SPLIT_NO_ENDPOINTS", key, "", message)],
  };
}

function latchText(
  { name, latched }: Service,
  subset: SubsetName,
  receiver: SubsetName | undefined,
): string {
  const guard = latched.get(subset)?.guard ?? "";
  return (
    `${subset} was taken out by the guard ${guard}: its share goes to ${receiver ?? "the rest"}` +
    ` until \`serin rollout retry ${name}\``
  );
}

/** With settings, a name that is not listed; by version, one with weight that no instance carries. */
function isUnknown(service: Service, found: ServiceSubset | undefined, weight: number): boolean {
  if (found === undefined) return true;
  const listed = service.settings.subsets.length > 0;
  return !listed && weight > 0 && found.instances.length === 0;
}

/**
 * Index of the subset that gets all traffic where none with weight can take any. Zero means zero:
 * a subset that was given weight keeps it, and fails, before traffic goes where none was wanted. A
 * name that does not exist is more likely mistyped, so it comes after the subsets not spoken of.
 */
function lastResort(
  service: Service,
  subsets: readonly ServiceSubset[],
  wanted: readonly SubsetWeight[],
): number {
  const weights = new Map(wanted.map(({ subset, weight }) => [subset, weight]));
  const hasWeight = ({ name }: ServiceSubset): boolean => (weights.get(name) ?? 0) > 0;
  const choices: readonly ((subset: ServiceSubset) => boolean)[] = [
    (subset) => hasWeight(subset) && !isUnknown(service, subset, 1),
    (subset) => subset.usable && !weights.has(subset.name),
    hasWeight,
    (subset) => subset.usable,
  ];
  for (const choice of choices) {
    const index = subsets.findIndex((subset) => choice(subset) && !subset.latched);
    if (index !== -1) return index;
  }
  return firstNotLatched(subsets);
}

/** The first of all where all are. */
const firstNotLatched = (subsets: readonly ServiceSubset[]): number =>
  Math.max(
    0,
    subsets.findIndex(({ latched }) => !latched),
  );

function shares(
  subsets: readonly ServiceSubset[],
  weights: readonly number[],
): readonly SubsetWeight[] {
  const units = apportion(weights);
  return subsets.map(({ name }, i) => ({ subset: name, weight: units[i] ?? 0 }));
}

const allTo = (subsets: readonly ServiceSubset[], index: number): readonly SubsetWeight[] =>
  subsets.map(({ name }, i) => ({ subset: name, weight: i === index ? denominator : 0 }));

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function splitWarning(
  code: DiagnosticCode,
  key: string,
  path: string,
  message: string,
): Diagnostic {
  return { severity: "warning", code, key, revision: 0n, path, message };
}
