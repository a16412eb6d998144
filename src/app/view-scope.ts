/**
 * What an Envoy's view holds: of what services make, only that which the listeners, route
 * configurations and raw resources of its gateways name, and what those need in turn. A change costs
 * what changed: a view looks into services that changed and that something in it names.
 */
import { compareText } from "../lib/compare-text.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Reference, Resource } from "../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { sameElements } from "../translate/equal.ts";
import { type IndexedMap, indexedMap, patchedMap } from "../translate/layered-map.ts";
import { neededBy } from "../translate/raw/raw-references.ts";

/** By owner. */
export type ServiceBundles = IndexedMap<string, Bundle>;

export interface Scope {
  readonly services: ServiceBundles;
  readonly roots: readonly Bundle[];
  /** The lists of names of each root, by which it is told whether the same is needed as before. */
  readonly lists: readonly Lists[];
  readonly needed: Needed;
  /** Of the names that are needed. */
  readonly owners: ReadonlySet<string>;
  /** Of those that route configurations name: not of those that only scopes do. */
  readonly routed: ReadonlySet<string>;
  /** Only of those of whom something is needed; the same map while nothing in it changes. */
  readonly kept: ServiceBundles;
}

type Needed = ReadonlyMap<TypeUrl, ReadonlySet<string>>;

/** `roots`: what is there in any case. */
export function scopeOf(
  services: ServiceBundles,
  roots: readonly Bundle[],
  before: Scope | undefined,
): Scope {
  const lists = listsOf(roots, before);
  if (before !== undefined && sameElements(before.lists, lists)) {
    if (before.services === services) {
      return sameElements(before.roots, roots) ? before : { ...before, roots };
    }
    const { needed, owners, routed } = before;
    const touched = common(changedBundles(before.services, services), owners);
    const kept = patchedKept(before.kept, touched, services, needed);
    return { services, roots, lists, needed, owners, routed, kept };
  }
  const needed = namesOf(roots.flatMap(({ resources }) => resources.flatMap(neededBy)));
  const owners = new Set([...needed.values()].flatMap((names) => [...names].map(ownerOf)));
  const routed = routedIn(roots);
  if (before === undefined) {
    const kept = patchedKept(indexedMap(new Map()), owners, services, needed);
    return { services, roots, lists, needed, owners, routed, kept };
  }
  const changed = common(changedBundles(before.services, services), owners);
  const touched = new Set([...changed, ...changedOwners(before.needed, needed)]);
  return {
    services,
    roots,
    lists,
    needed,
    owners,
    routed,
    kept: patchedKept(before.kept, touched, services, needed),
  };
}

function routedIn(roots: readonly Bundle[]): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const { resources } of roots) {
    for (const { typeUrl, references } of resources) {
      if (typeUrl !== typeUrls.route) continue;
      for (const name of references) owners.add(ownerOf(name));
    }
  }
  return owners;
}

type Lists = readonly (readonly unknown[])[];

/** What the resources of each root name; where that is the same as before, the same lists. */
function listsOf(
  roots: readonly Bundle[],
  before: Pick<Scope, "roots" | "lists"> | undefined,
): readonly Lists[] {
  return roots.map((root, at) => {
    const last = before?.lists[at];
    if (last !== undefined && before?.roots[at] === root) return last;
    const lists = root.resources.flatMap(({ references, needs }) => [references, needs]);
    const isSame =
      last?.length === lists.length &&
      lists.every((list, index) => sameElements(list, last[index] ?? []));
    return isSame ? last : lists;
  });
}

/** Of what was found out last, since all views ask the same after one another. */
const lastChanges = new WeakMap<ServiceBundles, Changes>();

interface Changes {
  readonly from: WeakRef<ServiceBundles>;
  readonly owners: ReadonlySet<string>;
}

/** Owners whose bundle came, went or is another one: found once for all views. */
export function changedBundles(from: ServiceBundles, to: ServiceBundles): ReadonlySet<string> {
  if (from === to) return nobody;
  const known = lastChanges.get(to);
  if (known?.from.deref() === from) return known.owners;
  const owners = compared(from, to);
  lastChanges.set(to, { from: new WeakRef(from), owners });
  return owners;
}

const nobody: ReadonlySet<string> = new Set();

function compared(from: ServiceBundles, to: ServiceBundles): ReadonlySet<string> {
  const owners = new Set<string>();
  const before = from.indexed;
  const after = to.indexed;
  if (before.index === after.index) {
    for (let at = 0; at < after.values.length; at += 1) {
      const bundle = after.values[at];
      if (bundle !== undefined && bundle !== before.values[at]) owners.add(bundle.owner);
    }
    return owners;
  }
  for (const { owner } of before.values) if (!to.has(owner)) owners.add(owner);
  for (const bundle of after.values) {
    if (from.get(bundle.owner) !== bundle) owners.add(bundle.owner);
  }
  return owners;
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): readonly string[] {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  return [...few].filter((each) => many.has(each));
}

function namesOf(references: readonly Reference[]): Needed {
  const needed = new Map<TypeUrl, Set<string>>();
  for (const { typeUrl, name } of references) {
    const names = needed.get(typeUrl) ?? new Set<string>();
    needed.set(typeUrl, names.add(name));
  }
  return needed;
}

/** Owners of names that are needed only now, or no longer. */
function changedOwners(before: Needed, after: Needed): ReadonlySet<string> {
  const owners = new Set<string>();
  if (before === after) return owners;
  const add = (some: Needed, others: Needed): void => {
    for (const [typeUrl, names] of some) {
      const known = others.get(typeUrl);
      for (const name of names) if (known?.has(name) !== true) owners.add(ownerOf(name));
    }
  };
  add(before, after);
  add(after, before);
  return owners;
}

/** The names of what a service makes start with its own, up to a slash if there is one. */
const ownerOf = (name: string): string => `service/${name.split("/", 1)[0]}`;

/** `kept` with that which is needed now of the owners that are `touched`. */
function patchedKept(
  kept: ServiceBundles,
  touched: Iterable<string>,
  services: ServiceBundles,
  needed: Needed,
): ServiceBundles {
  const replaced = new Map<string, Bundle>();
  const added: Bundle[] = [];
  const gone = new Set<string>();
  for (const owner of touched) {
    const bundle = services.get(owner);
    const last = kept.get(owner);
    const next = bundle && keptBundle(bundle, needed, last);
    if (next === undefined || next.resources.length === 0) {
      if (last !== undefined) gone.add(owner);
    } else if (last === undefined) added.push(next);
    else replaced.set(owner, next);
  }
  const patched = patchedMap(kept, replaced);
  if (added.length === 0 && gone.size === 0) return patched;
  const all = [...patched.values()].filter(({ owner }) => !gone.has(owner));
  // As services are, so that nothing depends on what came before.
  const sorted = [...all, ...added].sort((a, b) => compareText(a.owner, b.owner));
  return indexedMap(new Map(sorted.map((bundle) => [bundle.owner, bundle])));
}

/** One for each bundle: mostly all views need the same of it. */
const shared = new WeakMap<Bundle, Bundle>();

function keptBundle(bundle: Bundle, needed: Needed, last: Bundle | undefined): Bundle {
  const kept = closure(bundle, needed);
  const resources = bundle.resources.filter((each) => kept.has(each));
  if (last !== undefined && sameElements(last.resources, resources)) return last;
  const known = shared.get(bundle);
  if (known !== undefined && sameElements(known.resources, resources)) return known;
  const made = { owner: bundle.owner, resources };
  if (known === undefined) shared.set(bundle, made);
  return made;
}

/** What is needed of a bundle, and what that needs of the same bundle. */
function closure({ resources }: Bundle, needed: Needed): ReadonlySet<Resource> {
  const kept = new Set(
    resources.filter(({ typeUrl, name }) => needed.get(typeUrl)?.has(name) === true),
  );
  // A set that grows while it is walked is walked to its end.
  for (const each of kept) {
    for (const need of neededBy(each)) {
      const found = resources.find(
        ({ typeUrl, name }) => name === need.name && typeUrl === need.typeUrl,
      );
      if (found !== undefined) kept.add(found);
    }
  }
  return kept;
}

const secretsNamed = new WeakMap<Bundle, readonly string[]>();

function secretsOf(bundle: Bundle): readonly string[] {
  const known = secretsNamed.get(bundle);
  if (known !== undefined) return known;
  const made = bundle.resources.flatMap(({ needs }) =>
    needs.filter(({ typeUrl }) => typeUrl === typeUrls.secret).map(({ name }) => name),
  );
  secretsNamed.set(bundle, made);
  return made;
}

export interface SecretScope {
  readonly roots: readonly Bundle[];
  readonly services: ServiceBundles;
  /** Sorted. */
  readonly names: readonly string[];
  /** Undefined where there are none. */
  readonly bundle: Bundle | undefined;
}

/** The secrets that something in `roots` and `services` names, and no other. */
export function secretsIn(
  roots: readonly Bundle[],
  services: ServiceBundles,
  secrets: ReadonlyMap<string, Resource>,
  before: SecretScope | undefined,
): SecretScope {
  const names =
    before !== undefined && namesTheSame(before, roots, services)
      ? before.names
      : secretNames(roots, services);
  const resources = names.flatMap((name) => secrets.get(name) ?? []);
  const last = before?.bundle;
  const bundle =
    last !== undefined && sameElements(last.resources, resources)
      ? last
      : { owner: "secrets", resources };
  return { roots, services, names, bundle: resources.length === 0 ? undefined : bundle };
}

function namesTheSame(
  before: SecretScope,
  roots: readonly Bundle[],
  services: ServiceBundles,
): boolean {
  if (!sameElements(before.roots, roots)) return false;
  for (const owner of changedBundles(before.services, services)) {
    const [was, is] = [before.services.get(owner), services.get(owner)];
    if (!sameElements(was ? secretsOf(was) : [], is ? secretsOf(is) : [])) return false;
  }
  return true;
}

function secretNames(roots: readonly Bundle[], services: ServiceBundles): readonly string[] {
  const names = new Set<string>();
  for (const bundle of roots) for (const name of secretsOf(bundle)) names.add(name);
  for (const bundle of services.indexed.values) {
    for (const name of secretsOf(bundle)) names.add(name);
  }
  return [...names].sort();
}
