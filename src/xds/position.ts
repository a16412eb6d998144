/**
 * What is worked out once for all streams in the same position: the same view at the same
 * generation, the same subscription, sent the same before. It is forgotten when the view changes, and
 * when the last stream that asks for those names ends.
 */
import { limits } from "../config/limits.ts";
import type { Resource } from "../snapshot/resource.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import { KeptPerView } from "./kept-per-view.ts";
import { KnownIndex } from "./known-versions.ts";
import type { Plan, Push } from "./push.ts";
import { type Subscription, visible } from "./subscription.ts";

type Made = readonly unknown[] | KnownIndex | Plan | Push;

const { positions: entries, positionBytes: bytes } = limits.xds;
const kept = new KeptPerView<Made>({ entries, bytes });

/**
 * What `make` made for `key` since the view last changed. A key has to say all that the outcome
 * depends on, but for the view; and of which kind it is, in its first word.
 */
export function oncePerPosition<T extends Made>(
  view: ResourceView,
  { nameSet }: Subscription,
  key: string,
  make: () => T,
): T {
  const known = kept.get(view, nameSet, key);
  if (known !== undefined) return known as T;
  const value = make();
  kept.put(view, nameSet, key, { value, bytes: bytesOf(value) });
  return value;
}

/** Names are those of the view, or of the subscription: what is added is where they are listed. */
function bytesOf(made: Made): number {
  if (made instanceof KnownIndex) return made.bytes;
  if ("length" in made) return made.length * 8;
  const push = "kind" in made ? made.kind === "push" && made.push : made;
  return push && push.renewed !== "all" ? push.renewed.size * 32 : 0;
}

/** All resources that the subscription sees. */
export function seenBy(subscription: Subscription, view: ResourceView): readonly Resource[] {
  if (!subscription.wildcard && subscription.names.size < manyNames) {
    return visible(subscription, view);
  }
  return oncePerPosition(view, subscription, `seen ${subscription.id}`, () =>
    visible(subscription, view),
  );
}

/** Less than this is found faster than it is remembered. */
const manyNames = 16;

/** The resources that the subscription sees, to be compared with what proxies say they hold. */
export const knownIndexOf = (subscription: Subscription, view: ResourceView): KnownIndex =>
  oncePerPosition(
    view,
    subscription,
    `index ${subscription.id}`,
    () => new KnownIndex(seenBy(subscription, view)),
  );

/** Names asked for that the subscription does not see. */
export const missingFrom = (subscription: Subscription, view: ResourceView): readonly string[] =>
  oncePerPosition(view, subscription, `missing ${subscription.id}`, () => {
    const seen = new Set(seenBy(subscription, view).map(({ name }) => name));
    return [...subscription.names].filter((name) => !seen.has(name));
  });
