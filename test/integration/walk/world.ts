/**
 * A small world of services, versions and routes that a random walk changes, and what its model
 * foresees for a request in each state. It shares no code with translate.
 */
export type Version = "v1" | "v2" | "v3" | "v4";

export interface World {
  /** Version of each instance, by service and id. */
  readonly instances: ReadonlyMap<string, ReadonlyMap<string, Version>>;
  readonly weights: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** By name. */
  readonly routes: ReadonlyMap<string, WalkRoute>;
}

export interface WalkRoute {
  readonly host: string;
  /** Where requests with the canary header go; undefined: where all others go. */
  readonly canary: WalkBackend | undefined;
  readonly backends: readonly (WalkBackend & { readonly weight: number })[];
}

export interface WalkBackend {
  readonly service: string;
  readonly subset: Version | undefined;
}

export const emptyWorld: World = { instances: new Map(), weights: new Map(), routes: new Map() };

/** Outcomes that a request may have: a version, or the status of an answer of Envoy's own. */
export function foreseen(world: World, host: string, isCanary: boolean): ReadonlySet<string> {
  const route = [...world.routes.values()].find((each) => each.host === host);
  if (route === undefined) {
    return exists(world, host) ? splitOutcomes(world, host) : new Set(["404"]);
  }
  if (isCanary && route.canary !== undefined) {
    return exists(world, route.canary.service)
      ? backendOutcomes(world, route.canary)
      : new Set(["500"]);
  }
  const valid = route.backends.filter(
    ({ service, weight }) => weight > 0 && exists(world, service),
  );
  if (valid.length === 0) return new Set(["500"]);
  const outcomes = new Set(valid.flatMap((backend) => [...backendOutcomes(world, backend)]));
  // A share that nobody could answer goes to the other backends.
  if (outcomes.size > 1) outcomes.delete("503");
  return outcomes;
}

const exists = ({ instances, weights }: World, service: string): boolean =>
  instances.has(service) || weights.has(service);

const versionsOf = ({ instances }: World, service: string): ReadonlySet<Version> =>
  new Set(instances.get(service)?.values());

/** A subset that a route names and nobody is of answers 503: it states no fallback. */
function backendOutcomes(world: World, { service, subset }: WalkBackend): ReadonlySet<string> {
  if (subset === undefined) return splitOutcomes(world, service);
  return new Set([versionsOf(world, service).has(subset) ? subset : "503"]);
}

/** Weights move to the versions that are there; where none is, to those not spoken of. */
function splitOutcomes(world: World, service: string): ReadonlySet<string> {
  const versions = versionsOf(world, service);
  const weights = world.weights.get(service);
  if (weights === undefined) return versions;
  const weighted = [...versions].filter((version) => (weights[version] ?? 0) > 0);
  if (weighted.length > 0) return new Set(weighted);
  const silent = [...versions].filter((version) => !(version in weights)).sort();
  return new Set([silent[0] ?? "503"]);
}
