/**
 * What a stream has asked for of one type: the wildcard rules in one place.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
import { contentHash } from "../lib/hash.ts";
import type { Resource } from "../snapshot/resource.ts";
import { type Presence, presence, type ResourceView } from "../snapshot/resource-table.ts";
import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";

export interface Subscription {
  readonly wildcard: boolean;
  /** Names asked for one by one; `*` is never among them. */
  readonly names: ReadonlySet<string>;
  /** State of the world only: once any name was sent, an empty list means nothing, not everything. */
  readonly everNamed: boolean;
  /** Equal for equal subscriptions, whatever the order of names. */
  readonly id: string;
}

const explicitWildcard = "*";

export const emptySubscription: Subscription = {
  wildcard: false,
  names: new Set(),
  everNamed: false,
  id: "",
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
  requested: readonly string[],
): SubscriptionChange {
  const wanted = new Set(requested);
  const explicit = wanted.delete(explicitWildcard);
  const everNamed = previous.everNamed || requested.length > 0;
  const wildcard = explicit || (!everNamed && hasLegacyWildcard(typeUrl));
  if (wildcard === previous.wildcard && sameNames(wanted, previous.names)) {
    const subscription =
      everNamed === previous.everNamed ? previous : { ...previous, everNamed: everNamed };
    return { subscription, added: nothing, removed: nothing, wildcardAdded: false };
  }
  return {
    subscription: make(wildcard, wanted, everNamed),
    added: minus(wanted, previous.names),
    removed: minus(previous.names, wanted),
    wildcardAdded: wildcard && !previous.wildcard,
  };
}

/**
 * Delta: a request carries what changes. `first` is the first request of the type on the stream: if
 * it subscribes to nothing it means everything. A name that is subscribed to again counts as added.
 */
export function changeNames(
  previous: Subscription,
  typeUrl: TypeUrl,
  change: {
    readonly first: boolean;
    readonly subscribe: readonly string[];
    readonly unsubscribe: readonly string[];
  },
): SubscriptionChange {
  const added = new Set(change.subscribe);
  const wildcardAsked =
    added.delete(explicitWildcard) ||
    (change.first && change.subscribe.length === 0 && hasLegacyWildcard(typeUrl));
  const names = new Set(previous.names);
  let wildcard = previous.wildcard || wildcardAsked;
  const removed = new Set<string>();
  for (const name of change.unsubscribe) {
    if (name === explicitWildcard) wildcard = wildcardAsked;
    else if (names.delete(name)) removed.add(name);
  }
  for (const name of added) {
    names.add(name);
    removed.delete(name);
  }
  const same = wildcard === previous.wildcard && sameNames(names, previous.names);
  return {
    subscription: same ? previous : make(wildcard, names, true),
    added,
    removed,
    wildcardAdded: wildcardAsked,
  };
}

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

function make(wildcard: boolean, names: ReadonlySet<string>, everNamed: boolean): Subscription {
  if (names.size === 0) return { wildcard, names, everNamed, id: wildcard ? "*" : "" };
  // As JSON, because a name may hold any character: two subscriptions never share an id.
  const id = contentHash(JSON.stringify([wildcard, ...[...names].sort()]));
  return { wildcard, names, everNamed, id };
}

function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
}

function minus(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  const rest = new Set<string>();
  for (const name of a) if (!b.has(name)) rest.add(name);
  return rest;
}
