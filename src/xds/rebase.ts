/**
 * Moves a type of a stream from one view to another, when a proxy is selected by other gateways
 * than before: what differs between the views becomes owed, and nothing else is sent.
 */

import { presence, type ResourceView, sameContent } from "../snapshot/resource-table.ts";
import { changed } from "./changed.ts";
import { sees } from "./subscription.ts";
import { never, type TypeState, untold } from "./type-state.ts";

export function rebase(state: TypeState, from: ResourceView, to: ResourceView): TypeState {
  if (from === to || state.sentGeneration === never) return state;
  const changes = from.changedSince(state.sentGeneration);
  if (changes === undefined) {
    const sentGeneration = untold;
    return changed(state, { sentGeneration, sentBeat: untold, appliedGeneration: never });
  }
  const { subscription } = state;
  const before = new Map(changes.map((change) => [change.name, change.before]));
  // The proxy may have asked for these once more by the time it gets them.
  const onTheWay = new Set(state.inFlight?.names);
  const concerned = (name: string): boolean => {
    const was = before.get(name) ?? presence(from.get(name));
    const isSeen =
      sees(subscription, name, was) || sees(subscription, name, presence(to.get(name)));
    return isSeen || (was !== "absent" && onTheWay.has(name));
  };
  const owed = new Set(state.owed);
  for (const name of before.keys()) if (concerned(name)) owed.add(name);
  for (const name of differing(from, to)) if (concerned(name)) owed.add(name);
  const sentGeneration = to.generation;
  return changed(state, { owed, sentGeneration, sentBeat: untold, appliedGeneration: never });
}

interface Difference {
  readonly from: WeakRef<ResourceView>;
  readonly generations: string;
  readonly names: readonly string[];
}

/** The last one of each view that proxies came to: many come from the same one, at once. */
const differences = new WeakMap<ResourceView, Difference>();

function differing(from: ResourceView, to: ResourceView): readonly string[] {
  const generations = `${from.generation} ${to.generation}`;
  const known = differences.get(to);
  if (known?.from.deref() === from && known.generations === generations) return known.names;
  const names = [...compared(from, to)];
  differences.set(to, { from: new WeakRef(from), generations, names });
  return names;
}

function* compared(from: ResourceView, to: ResourceView): Iterable<string> {
  for (const resource of from.resources()) {
    const other = to.get(resource.name);
    if (other === undefined || !sameContent(resource, other)) yield resource.name;
  }
  for (const resource of to.resources()) {
    if (from.get(resource.name) === undefined) yield resource.name;
  }
}
