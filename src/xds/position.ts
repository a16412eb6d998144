/**
 * What is worked out once for all streams in the same position: the same view at the same
 * generation, the same subscription, sent the same before. It is forgotten when the view changes.
 */
import { limits } from "../config/limits.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { Resource } from "../snapshot/resource.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import { KnownIndex } from "./known-versions.ts";
import { type Subscription, visible } from "./subscription.ts";

interface Memory {
  readonly generation: number;
  readonly made: Map<string, unknown>;
}

const memories = new WeakMap<ResourceView, Memory>();

/**
 * What `make` made for `key` since the view last changed. A key has to say all that the outcome
 * depends on, but for the view; and of which kind it is, in its first word.
 */
export function oncePerPosition<T>(view: ResourceView, key: string, make: () => T): T {
  const { made } = memoryOf(view);
  const known = made.get(key);
  if (known !== undefined) return known as T;
  const fresh = make();
  made.set(key, fresh);
  dropOldest(made, limits.xds.positions);
  return fresh;
}

function memoryOf(view: ResourceView): Memory {
  const known = memories.get(view);
  if (known?.generation === view.generation) return known;
  const fresh: Memory = { generation: view.generation, made: new Map() };
  memories.set(view, fresh);
  return fresh;
}

/** All resources that the subscription sees. */
export function seenBy(subscription: Subscription, view: ResourceView): readonly Resource[] {
  if (!subscription.wildcard && subscription.names.size < manyNames) {
    return visible(subscription, view);
  }
  return oncePerPosition(view, `seen ${subscription.id}`, () => visible(subscription, view));
}

/** Less than this is found faster than it is remembered. */
const manyNames = 16;

/** The resources that the subscription sees, to be compared with what proxies say they hold. */
export const knownIndexOf = (subscription: Subscription, view: ResourceView): KnownIndex =>
  oncePerPosition(
    view,
    `index ${subscription.id}`,
    () => new KnownIndex(seenBy(subscription, view)),
  );

/** Names asked for that the subscription does not see. */
export const missingFrom = (subscription: Subscription, view: ResourceView): readonly string[] =>
  oncePerPosition(view, `missing ${subscription.id}`, () => {
    const seen = new Set(seenBy(subscription, view).map(({ name }) => name));
    return [...subscription.names].filter((name) => !seen.has(name));
  });
