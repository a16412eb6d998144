/**
 * What a stream has asked for of one type: the wildcard rules in one place.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
import type { Resource } from "../snapshot/resource.ts";
import { type Presence, presence, type ResourceView } from "../snapshot/resource-table.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { changedSet, type NameSet, nameSet, noNameSet } from "./name-set.ts";

export interface Subscription {
  readonly wildcard: boolean;
  /** Names asked for one by one; `*` is never among them. */
  readonly names: ReadonlySet<string>;
  readonly nameSet: NameSet;
  /** State of the world only: the last list as it was sent, by which a repetition is known. */
  readonly requested: NameSet;
  /** State of the world only: once any name was sent, an empty list means nothing, not everything. */
  readonly everNamed: boolean;
  /** Equal for subscriptions that see the same, whatever the order of names, and for no others. */
  readonly id: string;
}

const explicitWildcard = "*";

export const emptySubscription: Subscription = {
  wildcard: false,
  names: noNameSet.names,
  nameSet: noNameSet,
  requested: noNameSet,
  everNamed: false,
  id: "0",
};

/** Types of which a first request without names never means everything. */
const namedOnly: ReadonlySet<TypeUrl> = new Set([
  typeUrls.endpoint,
  typeUrls.route,
  typeUrls.secret,
  typeUrls.runtime,
  typeUrls.extensionConfig,
]);

const hasLegacyWildcard = (typeUrl: TypeUrl): boolean => !namedOnly.has(typeUrl);

const nothing: ReadonlySet<string> = new Set();

export interface SubscriptionChange {
  readonly subscription: Subscription;
  /** Names that are asked for anew; the server owes an answer for each. */
  readonly added: ReadonlySet<string>;
  /** Names no longer asked for by name. */
  readonly removed: ReadonlySet<string>;
  /** The wildcard was switched on. */
  readonly wildcardAdded: boolean;
}

/**
 * State of the world: every request carries the whole list. An empty list is the legacy wildcard
 * until a name was sent for the first time, and "unsubscribed from everything" from then on.
 */
export function replaceNames(
  previous: Subscription,
  typeUrl: TypeUrl,
  requested: NameSet,
): SubscriptionChange {
  const everNamed = previous.everNamed || requested.names.size > 0;
  const explicit = requested.names.has(explicitWildcard);
  const wildcard = explicit || (!everNamed && hasLegacyWildcard(typeUrl));
  const isSame =
    requested === previous.requested &&
    wildcard === previous.wildcard &&
    everNamed === previous.everNamed;
  if (isSame) return unchanged(previous);
  const wanted = explicit ? changedSet(requested, noNameSet, wildcardSet) : requested;
  if (wildcard === previous.wildcard && wanted === previous.nameSet) {
    return unchanged({ ...previous, everNamed, requested });
  }
  return {
    subscription: { ...make(wildcard, wanted), everNamed, requested },
    added: minus(wanted.names, previous.names),
    removed: minus(previous.names, wanted.names),
    wildcardAdded: wildcard && !previous.wildcard,
  };
}

const wildcardSet = nameSet([explicitWildcard]);

const unchanged = (subscription: Subscription): SubscriptionChange => ({
  subscription,
  added: nothing,
  removed: nothing,
  wildcardAdded: false,
});

/**
 * Delta: a request carries what changes. `first` is the first request of the type on the stream: if
 * it subscribes to nothing it means everything. A name that is subscribed to again counts as added.
 */
export function changeNames(
  previous: Subscription,
  typeUrl: TypeUrl,
  change: {
    readonly first: boolean;
    readonly subscribe: NameSet;
    readonly unsubscribe: NameSet;
  },
): SubscriptionChange {
  const { first, subscribe, unsubscribe } = change;
  if (!first && subscribe === noNameSet && unsubscribe === noNameSet) return unchanged(previous);
  const explicit = subscribe.names.has(explicitWildcard);
  const wildcardAsked = explicit || asksLegacyWildcard(typeUrl, change);
  if (isForHosts(typeUrl, previous.wildcard || wildcardAsked)) {
    return allHosts(previous, wildcardAsked);
  }
  const added = explicit ? changedSet(subscribe, noNameSet, wildcardSet) : subscribe;
  const dropsWildcard = unsubscribe.names.has(explicitWildcard);
  const wildcard = wildcardAsked || (previous.wildcard && !dropsWildcard);
  const names =
    previous.nameSet === noNameSet ? added : changedSet(previous.nameSet, added, unsubscribe);
  const removed = new Set<string>();
  for (const name of unsubscribe.names) {
    if (previous.names.has(name) && !added.names.has(name)) removed.add(name);
  }
  const same = wildcard === previous.wildcard && names === previous.nameSet;
  return {
    subscription: same ? previous : make(wildcard, names),
    added: added.names,
    removed,
    wildcardAdded: wildcardAsked,
  };
}

const asksLegacyWildcard = (
  typeUrl: TypeUrl,
  { first, subscribe }: { readonly first: boolean; readonly subscribe: NameSet },
): boolean => first && subscribe === noNameSet && hasLegacyWildcard(typeUrl);

/**
 * An Envoy gets all virtual hosts there are. The names that it asks for on top are those of hosts in
 * requests, and whoever sends requests could make them any number: they are not kept.
 */
const isForHosts = (typeUrl: TypeUrl, wildcard: boolean): boolean =>
  wildcard && typeUrl === typeUrls.virtualHost;

const allHosts = (previous: Subscription, wildcardAdded: boolean): SubscriptionChange => ({
  subscription: previous.wildcard ? previous : make(true, noNameSet),
  added: nothing,
  removed: nothing,
  wildcardAdded,
});

/** Whether the subscription sees a resource of this name and presence. */
export function sees(subscription: Subscription, name: string, of: Presence): boolean {
  if (of === "absent") return false;
  return (subscription.wildcard && of === "wildcard") || subscription.names.has(name);
}

/** Whether the subscription asks for this name at all, existing or not. */
export const covers = (subscription: Subscription, name: string): boolean =>
  subscription.wildcard || subscription.names.has(name);

/** Whether a change of `name` means anything to the proxy: it sees it now, or held it before. */
export const concerns = (
  subscription: Subscription,
  view: ResourceView,
  name: string,
  before: Presence,
): boolean =>
  sees(subscription, name, before) || sees(subscription, name, presence(view.get(name)));

/** All resources that the subscription sees: by name where that is enough. */
export function visible(subscription: Subscription, view: ResourceView): readonly Resource[] {
  const found: Resource[] = [];
  if (subscription.wildcard) {
    for (const resource of view.resources()) {
      if (sees(subscription, resource.name, presence(resource))) found.push(resource);
    }
    return found;
  }
  for (const name of subscription.names) {
    const resource = view.get(name);
    if (resource !== undefined) found.push(resource);
  }
  return found;
}

function make(wildcard: boolean, names: NameSet): Subscription {
  return {
    wildcard,
    names: names.names,
    nameSet: names,
    requested: noNameSet,
    everNamed: true,
    id: wildcard ? `*${names.id}` : String(names.id),
  };
}

function minus(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  const rest = new Set<string>();
  for (const name of a) if (!b.has(name)) rest.add(name);
  return rest;
}
