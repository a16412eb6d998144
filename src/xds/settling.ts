/**
 * A proxy that comes back with other runtime keys than its view has now. Its routes may take weights
 * from keys that are no longer there: were those taken away first, or routes sent first that ask for
 * keys it does not have, it would go by weights that nobody has set. So it first gets, and ACKs,
 * routes that need no keys, and only then the keys and the routes for them (docs/adr/0021).
 */
import { limits } from "../config/limits.ts";
import { hasKeysOf } from "../snapshot/keyed-version.ts";
import { typeUrls } from "../snapshot/type-url.ts";
import type { View } from "../snapshot/view.ts";
import { hasApplied } from "./type-state.ts";
import type { TypeStates } from "./type-states.ts";

/** Version of a layer that a proxy brings along; undefined: none. */
export type HeldVersion = (layer: string) => string | undefined;

/** Until when at the latest (monotonic ms) a proxy settles; undefined: it need not. */
export function settlesUntil(
  layers: ReadonlySet<string>,
  held: HeldVersion,
  view: View,
  nowMs: number,
): number | undefined {
  const table = view.table(typeUrls.runtime);
  const isOther = (layer: string): boolean => {
    const had = held(layer);
    const version = table.get(layer)?.version;
    return had !== undefined && version !== undefined && !hasKeysOf(had, version);
  };
  return [...layers].some(isOther) ? nowMs + limits.xds.settleMs : undefined;
}

/**
 * Whether it has the routes of `view`. It asks for everything at once when it comes back, but one
 * after another: only time tells that it has no routes to ask for.
 */
export function isSettled(types: TypeStates, view: View, isOverdue: boolean): boolean {
  if (!types.has(typeUrls.route)) return isOverdue;
  return [typeUrls.listener, typeUrls.route].every((typeUrl) => {
    const type = types.get(typeUrl);
    return type === undefined || hasApplied(type, view.table(typeUrl).generation);
  });
}
