/**
 * Maps of tens of thousands of entries that change a few at a time. A copy of a Map costs a hash and
 * a slot per entry, several times in every translation; these share what stays.
 */

/** The keys of `index` in its order; the value of each is at its place in `values`. */
interface Indexed<K, V> {
  readonly index: ReadonlyMap<K, number>;
  readonly values: readonly V[];
}

/** A map that `patchedMap` replaces values of, at the cost of one flat copy. */
export interface IndexedMap<K, V> extends ReadonlyMap<K, V> {
  readonly indexed: Indexed<K, V>;
}

export function indexedMap<K, V>(entries: ReadonlyMap<K, V>): IndexedMap<K, V> {
  const index = new Map<K, number>();
  for (const key of entries.keys()) index.set(key, index.size);
  return fromIndexed({ index, values: [...entries.values()] });
}

/** `map` with the values of `patch`, whose keys it has; itself where it has those already. */
export function patchedMap<K, V>(
  map: IndexedMap<K, V>,
  patch: ReadonlyMap<K, V>,
): IndexedMap<K, V> {
  const { index, values } = map.indexed;
  let patched: V[] | undefined;
  for (const [key, value] of patch) {
    const at = index.get(key);
    if (at === undefined || values[at] === value) continue;
    patched ??= [...values];
    patched[at] = value;
  }
  return patched === undefined ? map : fromIndexed({ index, values: patched });
}

/** Keys of other values in `to` than in `from`; undefined where keys came or went. */
export function changedValues<K, V>(
  from: IndexedMap<K, V>,
  to: IndexedMap<K, V>,
): ReadonlySet<K> | undefined {
  const changed = new Set<K>();
  if (from === to) return changed;
  const { index, values } = to.indexed;
  if (from.indexed.index !== index) return undefined;
  const before = from.indexed.values;
  if (!values.some((value, at) => value !== before[at])) return changed;
  for (const [key, at] of index) if (values[at] !== before[at]) changed.add(key);
  return changed;
}

/** The entries of both, which have no key in common. */
export function joinedMap<K, V>(
  first: ReadonlyMap<K, V>,
  second: ReadonlyMap<K, V>,
): ReadonlyMap<K, V> {
  return readable({
    size: first.size + second.size,
    get: (key) => second.get(key) ?? first.get(key),
    has: (key) => first.has(key) || second.has(key),
    *entries() {
      for (const entry of first) yield entry;
      for (const entry of second) yield entry;
      return undefined;
    },
  });
}

/** The values of `map`, each as `change` makes it: whenever it is looked at. */
export function mappedMap<K, V>(
  map: ReadonlyMap<K, V>,
  change: (value: V) => V,
): ReadonlyMap<K, V> {
  return readable({
    size: map.size,
    get: (key) => {
      const value = map.get(key);
      return value === undefined ? undefined : change(value);
    },
    has: (key) => map.has(key),
    *entries() {
      for (const [key, value] of map) yield [key, change(value)];
      return undefined;
    },
  });
}

function fromIndexed<K, V>(indexed: Indexed<K, V>): IndexedMap<K, V> {
  const { index, values } = indexed;
  const map = readable<K, V>({
    size: index.size,
    get: (key) => {
      const at = index.get(key);
      return at === undefined ? undefined : values[at];
    },
    has: (key) => index.has(key),
    *entries() {
      for (const [key, at] of index) yield [key, values[at] as V];
      return undefined;
    },
  });
  return { ...map, indexed };
}

type Entries<K, V> = Generator<[K, V], undefined>;

interface MapParts<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  entries(): Entries<K, V>;
}

function readable<K, V>(parts: MapParts<K, V>): ReadonlyMap<K, V> {
  const map: ReadonlyMap<K, V> = {
    ...parts,
    forEach(callback) {
      for (const [key, value] of parts.entries()) callback(value, key, map);
    },
    *keys() {
      for (const [key] of parts.entries()) yield key;
      return undefined;
    },
    *values() {
      for (const [, value] of parts.entries()) yield value;
      return undefined;
    },
    [Symbol.iterator]: () => parts.entries(),
  };
  return map;
}
