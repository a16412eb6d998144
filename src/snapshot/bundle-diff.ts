/**
 * From bundles to writes: which resources of which types a new set of bundles puts and deletes.
 * Bundles that kept their identity are not looked into, so the cost is one comparison per owner
 * and the rest is O(changed). A name occurs once over all bundles of a set: translate and the
 * composition of gateways see to it.
 */
import type { Bundle } from "./bundle.ts";
import type { Resource } from "./resource.ts";
import type { TypeUrl } from "./type-url.ts";

/** By owner. */
export type Bundles = ReadonlyMap<string, Bundle>;

export interface TypeWrites {
  readonly puts: Map<string, Resource>;
  readonly deletes: Set<string>;
}

export function diffBundles(previous: Bundles, next: Bundles): ReadonlyMap<TypeUrl, TypeWrites> {
  const writes = new Map<TypeUrl, TypeWrites>();
  if (previous === next) return writes;
  const of = (typeUrl: TypeUrl): TypeWrites => writesOf(writes, typeUrl);
  const { changed, gone } = compare(previous, next);
  // A gateway may have 10,000 scopes, of which one changed.
  const there = new Set(changed.flatMap(({ resources }) => resources));
  const kept = new Set<Resource>();
  for (const bundle of gone) {
    for (const resource of bundle.resources) {
      if (there.has(resource)) kept.add(resource);
      else of(resource.typeUrl).deletes.add(resource.name);
    }
  }
  // Puts after deletes: a resource may pass from one owner to another in one change.
  for (const bundle of changed) {
    for (const resource of bundle.resources) {
      if (kept.has(resource)) continue;
      const type = of(resource.typeUrl);
      type.deletes.delete(resource.name);
      type.puts.set(resource.name, resource);
    }
  }
  return writes;
}

/** The writes of a type, to add to. */
export function writesOf(writes: Map<TypeUrl, TypeWrites>, typeUrl: TypeUrl): TypeWrites {
  const known = writes.get(typeUrl);
  if (known !== undefined) return known;
  const fresh: TypeWrites = { puts: new Map(), deletes: new Set() };
  writes.set(typeUrl, fresh);
  return fresh;
}

/** Bundles that are new or replaced, and those that they replace or that are there no longer. */
function compare(
  previous: Bundles,
  next: Bundles,
): { readonly changed: readonly Bundle[]; readonly gone: readonly Bundle[] } {
  const changed: Bundle[] = [];
  const gone: Bundle[] = [];
  let known = 0;
  // Mostly the owners are the same, in the same order: no need to look each of them up.
  const inStep = previous.entries();
  for (const [owner, bundle] of next) {
    const beside = inStep.next().value;
    const last = beside?.[0] === owner ? beside[1] : previous.get(owner);
    if (last !== undefined) known += 1;
    if (last === bundle) continue;
    changed.push(bundle);
    if (last !== undefined) gone.push(last);
  }
  if (known < previous.size) {
    for (const [owner, bundle] of previous) if (!next.has(owner)) gone.push(bundle);
  }
  return { changed, gone };
}
