/** What resources are made of a content of the store, by place. */
import { compareText } from "../lib/compare-text.ts";
import type { Resource } from "../snapshot/resource.ts";
import { SetDigest } from "../snapshot/set-digest.ts";
import { pushRank, type TypeUrl } from "../snapshot/type-url.ts";
import { type Made, nothingMade, resourceSteps } from "./resource-changes.ts";

/** The resources of one type of a place. */
interface MadeTable {
  readonly typeUrl: TypeUrl;
  get(name: string): Resource | undefined;
  resources(): Iterable<Resource>;
  /** As of a view of these resources. */
  wildcardVersion(): string;
}

/** `gateways/edge`, `shared`, as `ResourceStep` has it. */
export interface MadePlace {
  readonly key: string;
  /** In push order. */
  tables(): readonly MadeTable[];
  resources(): Iterable<Resource>;
}

/** Nobody is connected to the past: there are no groups of proxies, and so no views but these. */
export function madePlaces(made: Made): readonly MadePlace[] {
  const places = new Map<string, Map<TypeUrl, Map<string, Resource>>>();
  for (const { place, after } of resourceSteps(nothingMade, made)) {
    if (after === undefined) continue;
    const types = places.get(place) ?? new Map<TypeUrl, Map<string, Resource>>();
    const named = types.get(after.typeUrl) ?? new Map<string, Resource>();
    places.set(place, types.set(after.typeUrl, named.set(after.name, after)));
  }
  return [...places].map(([key, types]) => {
    const tables = [...types].map(tableOf).sort(inPushOrder);
    const resources = () => tables.flatMap((table) => [...table.resources()]);
    return { key, tables: () => tables, resources };
  });
}

const inPushOrder = (a: MadeTable, b: MadeTable): number =>
  pushRank(a.typeUrl) - pushRank(b.typeUrl) || compareText(a.typeUrl, b.typeUrl);

function tableOf([typeUrl, named]: readonly [TypeUrl, Map<string, Resource>]): MadeTable {
  const wildcard = (name: string): Resource | undefined => {
    const resource = named.get(name);
    return resource?.wildcard === true ? resource : undefined;
  };
  return {
    typeUrl,
    get: (name) => named.get(name),
    resources: () => named.values(),
    wildcardVersion: () => new SetDigest(named.keys(), wildcard).value(),
  };
}
