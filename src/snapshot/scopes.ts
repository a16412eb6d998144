/**
 * Scopes whose listener is going, or is going to have its routes whole. Unlike the removal of a route
 * configuration, that of a scope counts for the connections which Envoy drains: they would get 404.
 */
import type { TypeWrites } from "./bundle-diff.ts";
import type { Resource } from "./resource.ts";
import { sameContent } from "./resource-table.ts";
import type { Retirements } from "./retirements.ts";
import { typeUrls } from "./type-url.ts";

/** Names of generated scopes start with that of their listener, `<gateway>/<listener>`. */
export function listenerOfScope(name: string): string {
  const end = name.indexOf("/", name.indexOf("/") + 1);
  return end === -1 ? "" : name.slice(0, end);
}

/** Names of those that are to be others, or none. */
export function changedListeners(
  listeners: Iterable<Resource | undefined>,
  after: (name: string) => Resource | undefined,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const listener of listeners) {
    const next = listener && after(listener.name);
    const same = listener !== undefined && next !== undefined && sameContent(listener, next);
    if (listener !== undefined && !same) names.add(listener.name);
  }
  return names;
}

/**
 * The scopes among the deletes of `write` that stay until the drain is over: those of `listeners`,
 * which change in the same step, that keep none. Where a listener has scopes again, those of it that
 * still wait in `retiring` would be served with them: they go at once.
 */
export function scopesKept(
  listeners: ReadonlySet<string>,
  write: TypeWrites | undefined,
  { scopes, retiring }: ScopesThere,
): readonly Resource[] {
  if (write === undefined || listeners.size === 0) return [];
  const keeping = new Set([...write.puts.keys()].map(listenerOfScope));
  for (const { typeUrl, name } of retiring.steps()) {
    if (typeUrl !== typeUrls.scopedRoute || !keeping.has(listenerOfScope(name))) continue;
    retiring.drop({ typeUrl, name });
    if (!write.puts.has(name)) write.deletes.add(name);
  }
  const going: Resource[] = [];
  for (const scope of scopes) {
    if (write.deletes.has(scope.name)) going.push(scope);
    else keeping.add(listenerOfScope(scope.name));
  }
  const isLeft = (listener: string): boolean => listeners.has(listener) && !keeping.has(listener);
  return going.filter(({ name }) => isLeft(listenerOfScope(name)));
}

interface ScopesThere {
  readonly scopes: Iterable<Resource>;
  readonly retiring: Pick<Retirements, "steps" | "drop">;
}

/** Those of `listeners` in a view that a proxy leaves, but of none that has scopes where it goes to. */
export function scopesLeft(
  listeners: ReadonlySet<string>,
  from: Iterable<Resource>,
  to: Iterable<Resource>,
): readonly Resource[] {
  if (listeners.size === 0) return [];
  const keeping = new Set<string>();
  for (const { name } of to) keeping.add(listenerOfScope(name));
  return [...from].filter(({ name }) => {
    const listener = listenerOfScope(name);
    return listeners.has(listener) && !keeping.has(listener);
  });
}
