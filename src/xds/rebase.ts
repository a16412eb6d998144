/**
 * Moves a type of a stream from one view to another, when a proxy is selected by other gateways
 * than before: what differs between the views becomes owed, and nothing else is sent.
 */
import { presence, type ResourceView } from "../snapshot/resource-table.ts";
import { sees } from "./subscription.ts";
import { never, type TypeState, untold } from "./type-state.ts";

export function rebase(state: TypeState, from: ResourceView, to: ResourceView): TypeState {
  if (from === to || state.sentGeneration === never) return state;
  const changes = from.changedSince(state.sentGeneration);
  if (changes === undefined) {
    return { ...state, sentGeneration: untold, appliedGeneration: never };
  }
  const before = new Map(changes.map((change) => [change.name, change.before]));
  const owed = new Set(state.owed);
  for (const name of [...before.keys(), ...differing(from, to)]) {
    const was = before.get(name) ?? presence(from.get(name));
    const is = presence(to.get(name));
    if (sees(state.subscription, name, was) || sees(state.subscription, name, is)) owed.add(name);
  }
  return { ...state, owed, sentGeneration: to.generation, appliedGeneration: never };
}

function* differing(from: ResourceView, to: ResourceView): Iterable<string> {
  for (const resource of from.resources()) {
    const other = to.get(resource.name);
    if (other?.version !== resource.version || other.wildcard !== resource.wildcard) {
      yield resource.name;
    }
  }
  for (const resource of to.resources()) {
    if (from.get(resource.name) === undefined) yield resource.name;
  }
}
