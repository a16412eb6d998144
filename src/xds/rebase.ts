/**
 * Moves a type of a stream from one view to another, when a proxy is selected by other gateways
 * than before: what differs between the views becomes owed, and nothing else is sent.
 */
import type { ResourceView } from "../snapshot/resource-table.ts";
import { isFullStateType } from "../snapshot/type-url.ts";
import { covers } from "./subscription.ts";
import { never, type TypeState } from "./type-state.ts";

export function rebase(state: TypeState, from: ResourceView, to: ResourceView): TypeState {
  if (from === to || state.sentGeneration === never) return state;
  const owed = new Set(state.owed);
  for (const name of differing(state.sentGeneration, from, to)) {
    if (covers(state.subscription, name)) owed.add(name);
  }
  const answerOwed =
    state.answerOwed || (isFullStateType(to.typeUrl) && owed.size > state.owed.size);
  return {
    ...state,
    owed,
    answerOwed,
    sentGeneration: to.generation,
    inFlight: state.inFlight && { ...state.inFlight, fromGeneration: never },
  };
}

function* differing(sent: number, from: ResourceView, to: ResourceView): Iterable<string> {
  // Too long ago to be known: everything may differ.
  const changes = from.changedSince(sent);
  for (const change of changes ?? from.resources()) yield change.name;
  for (const resource of from.resources()) {
    if (to.get(resource.name)?.version !== resource.version) yield resource.name;
  }
  for (const resource of to.resources()) {
    if (from.get(resource.name) === undefined) yield resource.name;
  }
}
