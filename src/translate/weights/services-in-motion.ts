/**
 * Whose weights travel in the layer `weights`. What decides is in the store, so that replicas and
 * restarts agree.
 */
import type { DesiredState } from "../../model/desired-state.ts";
import type { ServiceName } from "../../model/names.ts";
import type { SubsetWeight } from "../../model/service.ts";

export type ServicesInMotion = ReadonlySet<ServiceName>;

export const noneInMotion: ServicesInMotion = new Set();

/**
 * Those with weights for two versions or more, of these the `max` whose weights were written last;
 * those of one transaction go by name. `before` is kept where it is the same.
 */
export function servicesInMotion(
  { services, weightsRevisions }: Pick<DesiredState, "services" | "weightsRevisions">,
  max: number,
  before: ServicesInMotion,
): ServicesInMotion {
  const released = [...weightsRevisions].filter(([name]) =>
    isInRelease(services.get(name)?.weights ?? []),
  );
  // Names are sorted, and the sort is stable.
  if (released.length > max) released.sort(([, a], [, b]) => (a === b ? 0 : a > b ? -1 : 1));
  const names = released.slice(0, max).map(([name]) => name);
  const same = names.length === before.size && names.every((name) => before.has(name));
  return same ? before : new Set(names);
}

/** By what is wanted: a version that fails does not end a release. */
const isInRelease = (weights: readonly SubsetWeight[]): boolean =>
  weights.filter(({ weight }) => weight > 0).length > 1;
