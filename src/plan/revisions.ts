/**
 * From one content of a store to another in small steps, so that whoever has other things to do can do them
 * between.
 */
import type { DesiredState } from "../model/desired-state.ts";
import type { Entry, StoreChange, StoreState } from "../store/store.ts";
import type { Translation } from "../translate/translate.ts";
import type { Followed } from "./change-plan.ts";

/**
 * Takes what was followed to `target`, at most `keys` keys a step; what comes of it last is returned. A key that
 * differs is decoded as if it were new: what was good in another revision says nothing of this one.
 */
export function* walkTo(
  { decoder, translate }: Pick<Followed, "decoder" | "translate">,
  from: { readonly entries: ReadonlyMap<string, Entry>; readonly state: DesiredState },
  target: StoreState,
  keys: number,
): Generator<undefined, { readonly state: DesiredState; readonly translation: Translation }> {
  let { state } = from;
  let translation = translate(state);
  for (const change of changesTo(from.entries, target, keys)) {
    yield;
    ({ state } = decoder.change(change));
    translation = translate(state);
  }
  return { state, translation };
}

function* changesTo(
  from: ReadonlyMap<string, Entry>,
  { entries, revision }: StoreState,
  keys: number,
): Generator<StoreChange> {
  let [puts, deletes]: [Entry[], string[]] = [[], []];
  const flush = function* (): Generator<StoreChange> {
    if (puts.length + deletes.length > 0) yield { revision, puts, deletes };
    [puts, deletes] = [[], []];
  };
  for (const [key, entry] of entries) {
    if (from.get(key)?.modRevision === entry.modRevision) continue;
    if (from.has(key)) deletes.push(key);
    puts.push(entry);
    if (puts.length >= keys) yield* flush();
  }
  for (const key of from.keys()) {
    if (!entries.has(key)) deletes.push(key);
    if (deletes.length >= keys) yield* flush();
  }
  yield* flush();
}
