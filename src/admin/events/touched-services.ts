/**
 * Which services may look another way since the last time somebody asked: by the keys that have changed,
 * and by what is not the same object as before. It costs a look at each, and no work on what is the same.
 */
import type { DesiredState } from "../../model/desired-state.ts";
import { changedValues } from "../../translate/layered-map.ts";
import type { Translation } from "../../translate/translate.ts";
import { type DiagnosticCounts, serviceOfKey, servicesIn } from "../live/service-index.ts";

export interface Seen {
  readonly state: DesiredState;
  readonly translation: Translation | undefined;
  readonly diagnosed: ReadonlyMap<string, DiagnosticCounts>;
}

/** `keys`: whose content has changed since. */
export function touchedServices(
  before: Seen,
  now: Seen,
  keys: Iterable<string>,
): ReadonlySet<string> {
  const touched = new Set<string>();
  for (const key of keys) {
    const service = serviceOfKey(key);
    if (service !== undefined) touched.add(service);
    for (const { state } of [before, now]) {
      const route = state.routes.get(key) ?? state.streamRoutes.get(key);
      if (route !== undefined) for (const each of servicesIn(route)) touched.add(each);
    }
  }
  addServed(touched, before.translation, now.translation);
  addDiffering(touched, before.state.rollouts, now.state.rollouts, (a, b) => a === b);
  addDiffering(
    touched,
    before.diagnosed,
    now.diagnosed,
    (a, b) => a?.errors === b?.errors && a?.warnings === b?.warnings,
  );
  return touched;
}

/** What lanes, routes and other services make of a service shows in its resources. */
function addServed(
  touched: Set<string>,
  before: Translation | undefined,
  now: Translation | undefined,
): void {
  if (now === undefined) return;
  // Who reads before the first list is there is told all of it.
  const changed =
    before === undefined ? now.services.keys() : changedValues(before.services, now.services);
  if (changed !== undefined) for (const owner of changed) touched.add(nameOf(owner));
  else {
    const names = new Set<string>();
    addDiffering(names, before?.services ?? new Map(), now.services, (a, b) => a === b);
    for (const owner of names) touched.add(nameOf(owner));
  }
}

/** `service/web` */
const nameOf = (owner: string): string => owner.slice(owner.indexOf("/") + 1);

function addDiffering<V>(
  touched: Set<string>,
  before: ReadonlyMap<string, V>,
  now: ReadonlyMap<string, V>,
  isSame: (a: V | undefined, b: V | undefined) => boolean,
): void {
  if (before === now) return;
  for (const [name, value] of now) if (!isSame(before.get(name), value)) touched.add(name);
  for (const name of before.keys()) if (!now.has(name)) touched.add(name);
}
