/**
 * What connections still need after their listener is gone. Envoy drains a listener, or a filter
 * chain, that is removed or replaced: connections on it live on for `--drain-time-s`, by the route
 * configuration as it was, because its removal is no news to Envoy.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining
 */
import type { Reference, Resource } from "./resource.ts";
import { sameContent } from "./resource-table.ts";
import { type TypeUrl, typeUrls } from "./type-url.ts";

export type Lookup = (typeUrl: TypeUrl, name: string) => Resource | undefined;

export const referenceKey = ({ typeUrl, name }: Reference): string => `${typeUrl}\0${name}`;

/**
 * Keys of the clusters, load assignments, secrets and scopes that are needed by connections which Envoy
 * drains. `listeners`: those that may have changed, as they were; `after`: what takes their place;
 * `lookup`: everything else as it was. A route configuration that the listener goes
 * on naming goes on changing for old connections as well: nothing is held for it. `scopes`: those of
 * listeners that are drained, which are needed themselves.
 */
export function drained(
  listeners: Iterable<Resource | undefined>,
  after: (name: string) => Resource | undefined,
  lookup: Lookup,
  scopes: readonly Resource[] = [],
): ReadonlySet<string> {
  const clusters: string[] = [];
  const take = ({ needs }: Resource): void => {
    for (const { typeUrl, name } of needs) if (typeUrl === typeUrls.cluster) clusters.push(name);
  };
  for (const before of listeners) {
    // One that is fetched by name is a gRPC client's, which has no connections of others.
    if (before?.wildcard !== true) continue;
    const next = after(before.name);
    if (next !== undefined && sameContent(before, next)) continue;
    take(before);
    for (const name of before.references) {
      const route = next?.references.includes(name) ? undefined : lookup(typeUrls.route, name);
      if (route === undefined) continue;
      clusters.push(...route.references);
      take(route);
    }
  }
  for (const scope of scopes) take(scope);
  return new Set([...scopes.map(referenceKey), ...closure(clusters, lookup)]);
}

/** With the members of aggregates, the load assignments, and the secrets. */
function closure(clusters: string[], lookup: Lookup): ReadonlySet<string> {
  const keys = new Set<string>();
  for (let name = clusters.pop(); name !== undefined; name = clusters.pop()) {
    const key = referenceKey({ typeUrl: typeUrls.cluster, name });
    const cluster = keys.has(key) ? undefined : lookup(typeUrls.cluster, name);
    if (cluster === undefined) continue;
    keys.add(key);
    for (const need of neededBy(cluster)) {
      if (need.typeUrl === typeUrls.cluster) clusters.push(need.name);
      else keys.add(referenceKey(need));
    }
  }
  return keys;
}

/** What a cluster needs: its load assignment, the members of an aggregate, secrets. */
export const neededBy = ({ references, needs }: Resource): readonly Reference[] => [
  ...references.map((name) => ({ typeUrl: typeUrls.endpoint, name })),
  ...needs,
];
