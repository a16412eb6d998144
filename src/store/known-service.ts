/**
 * Whether anything in the store is of a service. Weights alone make one that answers 503, so that a
 * mistyped name is better told before it is written.
 */

import { didYouMean } from "../lib/did-you-mean.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { ServiceName } from "../model/names.ts";
import type { HttpRoute } from "../model/route.ts";
import { createDecoder } from "./decode/decoder.ts";
import type { Store } from "./store.ts";

/** One sentence where it is of none; where the store does not let itself be read, none is known. */
export async function unknownService(store: Store, service: string): Promise<string | undefined> {
  const [settings, weights, instances] = await Promise.all([
    store.get(`services/${service}`),
    store.get(`weights/${service}`),
    store.list(`endpoints/${service}/`),
  ]);
  if (!settings.ok || !weights.ok || !instances.ok) return undefined;
  const isThere = settings.value !== undefined || weights.value !== undefined;
  if (isThere || instances.value.entries.size > 0) return undefined;
  // Seldom: all else that may name it.
  const all = await store.list("");
  if (!all.ok) return undefined;
  const named = new Set(namedServices(createDecoder().start(all.value).state));
  if (named.has(service as ServiceName)) return undefined;
  const hint = didYouMean(service, [...named].sort());
  return `there is no service ${service}${hint}: it has no instance, and no object names it`;
}

function* namedServices(state: DesiredState): Iterable<ServiceName> {
  yield* state.services.keys();
  yield* state.rollouts.keys();
  for (const route of state.routes.values()) yield* ofRoute(route);
  for (const { backendRefs } of state.streamRoutes.values()) yield* ofBackends(backendRefs);
  for (const { services } of state.lanes.values()) yield* services ?? [];
  for (const { listeners } of state.gateways.values()) {
    for (const { services } of listeners) if (typeof services !== "string") yield* services;
  }
}

function* ofRoute({ parentRefs, rules }: HttpRoute): Iterable<ServiceName> {
  for (const parent of parentRefs) if (parent.kind === "service") yield parent.service;
  for (const { backendRefs, filters } of rules) {
    yield* ofBackends(backendRefs);
    yield* ofBackends(filters.mirrors);
  }
}

const ofBackends = (refs: readonly { readonly service: ServiceName }[]): readonly ServiceName[] =>
  refs.map(({ service }) => service);
