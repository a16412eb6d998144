/**
 * What routes see of a service. It is less than the service, so that a route is made anew only when
 * what it leads to did change, and not with every endpoint that comes and goes.
 */
import { isDeepStrictEqual } from "node:util";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { Service, SubsetWeight } from "../../model/service.ts";
import type { ServiceSubset } from "../split/subsets.ts";

export interface ServiceRouting {
  readonly service: ServiceName;
  readonly split: readonly SubsetWeight[];
  /** Those of the service, and after them those that only routes name. */
  readonly subsets: ReadonlyMap<SubsetName, RoutedSubset>;
  readonly requestMs: number | undefined;
}

export interface RoutedSubset extends Pick<ServiceSubset, "name" | "usable" | "fallback"> {
  /** A listed subset, or a version that some instance carries, drained or not. */
  readonly known: boolean;
}

/** `before`: the routing of the same service last time, which is kept where nothing differs. */
export function routingOf(
  { name, settings }: Service,
  split: readonly SubsetWeight[],
  subsets: Iterable<ServiceSubset>,
  before: ServiceRouting | undefined,
): ServiceRouting {
  const listed = settings.subsets.map((subset) => subset.name);
  const routed = [...subsets].map(({ name: subset, usable, fallback, instances }) => {
    const known = listed.length > 0 ? listed.includes(subset) : instances.length > 0;
    return [subset, { name: subset, usable, fallback, known }] as const;
  });
  const { requestMs } = settings.timeouts;
  const kept = isDeepStrictEqual(before?.split, split) ? before?.split : undefined;
  const made = { service: name, split: kept ?? split, subsets: new Map(routed), requestMs };
  return before !== undefined && isDeepStrictEqual(before, made) ? before : made;
}
