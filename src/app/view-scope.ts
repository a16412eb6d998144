/**
 * What an Envoy's view holds: of what services make, only that which the listeners, route
 * configurations and raw resources of its gateways name, and what those need in turn. A change costs
 * what changed: bundles that stayed, and whose names are as needed as before, are not looked into.
 */
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
  /** The lists of names, by which it is told whether the same is needed as before. */
  readonly lists: readonly (readonly unknown[])[];
  readonly needed: Needed;
  /** Of the same owners as `services`; empty bundles where nothing is needed. */
  readonly kept: ServiceBundles;
}

type Needed = ReadonlyMap<TypeUrl, ReadonlySet<string>>;

/** `roots`: what is there in any case. */
export function scopeOf(
  services: ServiceBundles,
  roots: readonly Resource[],
  before: Scope | undefined,
): Scope {
  const lists = roots.flatMap(({ references, needs }) => [references, needs]);
  const same = before !== undefined && sameElements(before.lists, lists);
  const needed = same ? before.needed : namesOf(roots.flatMap(neededBy));
  if (same && before.services === services) return before;
  const kept =
    before === undefined
      ? keptOf(services, needed, undefined, new Set())
      : keptOf(services, needed, before, changedOwners(before.needed, needed));
  return { services, lists, needed, kept };
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

function keptOf(
  services: ServiceBundles,
  needed: Needed,
  before: Scope | undefined,
  changed: ReadonlySet<string>,
): ServiceBundles {
  const { index, values } = services.indexed;
  const inStep = index === before?.services.indexed.index;
  if (inStep) return patchedMap(before.kept, patch(values, needed, before, changed));
  const made = new Map<string, Bundle>();
  for (const bundle of values) {
    const { owner } = bundle;
    const last = before?.kept.get(owner);
    const holds = before?.services.get(owner) === bundle && !changed.has(owner);
    made.set(owner, holds && last !== undefined ? last : keptBundle(bundle, needed, last));
  }
  return indexedMap(made);
}

/** For the bundles that are others than before, or have names that are needed otherwise. */
function patch(
  values: readonly Bundle[],
  needed: Needed,
  before: Scope,
  changed: ReadonlySet<string>,
): ReadonlyMap<string, Bundle> {
  const last = before.services.indexed.values;
  const kept = before.kept.indexed.values;
  const made = new Map<string, Bundle>();
  for (let at = 0; at < values.length; at += 1) {
    const bundle = values[at];
    if (bundle === undefined) continue;
    if (bundle === last[at] && (changed.size === 0 || !changed.has(bundle.owner))) continue;
    made.set(bundle.owner, keptBundle(bundle, needed, kept[at]));
  }
  return made;
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

/** The secrets that something in `bundles` names, and no other: undefined where there are none. */
export function secretBundle(
  bundles: Iterable<Bundle>,
  secrets: ReadonlyMap<string, Resource>,
  before: Bundle | undefined,
): Bundle | undefined {
  if (secrets.size === 0) return undefined;
  const names = new Set<string>();
  for (const bundle of bundles) for (const name of secretsOf(bundle)) names.add(name);
  const resources = [...names].sort().flatMap((name) => secrets.get(name) ?? []);
  if (resources.length === 0) return undefined;
  const same = before !== undefined && sameElements(before.resources, resources);
  return same ? before : { owner: "secrets", resources };
}
