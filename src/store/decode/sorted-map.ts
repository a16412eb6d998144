/**
 * Maps in the order of their keys, so that equal content has equal order whatever happened before.
 * They are copied once per change, and only when something in them changes.
 */
import { compareText } from "../../lib/compare-text.ts";

/** Fields of an object as a map; the order they were written in means nothing. */
export const sortedMap = (fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(fields).sort(([a], [b]) => compareText(a, b)));

/**
 * `map`, sorted by key, with the patch laid over it: undefined removes. Costs one copy of the map
 * and a sort of the new keys; gives `map` itself for an empty patch.
 */
export function patchSorted<K extends string, V>(
  map: ReadonlyMap<K, V>,
  patch: ReadonlyMap<K, V | undefined>,
): ReadonlyMap<K, V> {
  if (patch.size === 0) return map;
  const patched = new Map(map);
  const added: K[] = [];
  for (const [key, value] of patch) {
    if (value === undefined) patched.delete(key);
    else if (map.has(key)) patched.set(key, value);
    else added.push(key);
  }
  return added.length === 0 ? patched : merge(patched, added.sort(compareText), patch);
}

function merge<K extends string, V>(
  map: ReadonlyMap<K, V>,
  added: readonly K[],
  patch: ReadonlyMap<K, V | undefined>,
): ReadonlyMap<K, V> {
  const merged = new Map<K, V>();
  let next = 0;
  const addUpTo = (bound: K | undefined) => {
    for (; next < added.length; next++) {
      const key = added[next];
      if (key === undefined || (bound !== undefined && key > bound)) return;
      const value = patch.get(key);
      if (value !== undefined) merged.set(key, value);
    }
  };
  for (const [key, value] of map) {
    addUpTo(key);
    merged.set(key, value);
  }
  addUpTo(undefined);
  return merged;
}
