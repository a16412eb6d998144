/**
 * What a change of objects changes: in objects, in the share of each version, and in the resources that
 * proxies get. Pure: the store's content goes through decode and translate as it is, and then as it would be,
 * by the same decoder and translator, so that a value that is refused keeps the last good one as in a server.
 */
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { ServiceName } from "../model/names.ts";
import type { Resource } from "../snapshot/resource.ts";
import { pushRank, shortName } from "../snapshot/type-url.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { type ObjectResult, resultOf } from "../store/objects.ts";
import type { Entry, StoreState } from "../store/store.ts";
import {
  createTranslator,
  type TranslateOptions,
  type Translation,
} from "../translate/translate.ts";

export interface ChangePlan {
  readonly objects: readonly { readonly key: string; readonly result: ObjectResult }[];
  readonly weights: readonly WeightChange[];
  readonly resources: readonly ResourceChange[];
  /** That are not there without the change. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Percent of the service's traffic. */
type Shares = Readonly<Record<string, number>>;

export interface WeightChange {
  readonly service: string;
  /** By version; null: there is no such service. */
  readonly before: Shares | null;
  readonly after: Shares | null;
}

export interface ResourceChange {
  /** `gateways/edge`, `snapshots/edge-1`; `shared`: what several may get; `secrets`. */
  readonly place: string;
  /** `CDS` */
  readonly type: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** `wanted`: values by key, laid over what is there. */
export function changePlan(
  state: StoreState,
  wanted: ReadonlyMap<string, Uint8Array>,
  options: TranslateOptions,
): ChangePlan {
  const objects = [...wanted]
    .map(([key, value]) => ({ key, result: resultOf(state.entries.get(key), value) }))
    .sort((a, b) => compareText(a.key, b.key));
  const decoder = createDecoder();
  const translate = createTranslator(options);
  const before = decoder.start(state);
  const was = translate(before.state);
  const known = [...before.diagnostics, ...was.diagnostics];
  const revision = state.revision + 1n;
  const puts = objects
    .filter(({ result }) => result !== "unchanged")
    .map(({ key }) => putOf(key, wanted.get(key) ?? new Uint8Array(), state, revision));
  const decoded = decoder.change({ revision, puts, deletes: [] });
  const becomes = translate(decoded.state);
  const services = new Set([...before.state.services.keys(), ...decoded.state.services.keys()]);
  return {
    objects,
    weights: [...services].sort(compareText).flatMap((name) => weightChange(name, was, becomes)),
    resources: resourceChanges(was, becomes),
    diagnostics: added(known, [...decoded.diagnostics, ...becomes.diagnostics]),
  };
}

function putOf(key: string, value: Uint8Array, state: StoreState, revision: bigint): Entry {
  const createRevision = state.entries.get(key)?.createRevision ?? revision;
  return { key, value, modRevision: revision, createRevision };
}

function weightChange(
  service: ServiceName,
  was: Translation,
  becomes: Translation,
): readonly WeightChange[] {
  const [before, after] = [sharesOf(service, was), sharesOf(service, becomes)];
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ service, before, after }];
}

/** Units of a share, of which 100 are a percent. */
const unitsPerPercent = 100;

function sharesOf(service: ServiceName, { weights }: Translation): Shares | null {
  const split = weights.splitOf(service);
  if (split === undefined) return null;
  return Object.fromEntries(
    [...split.weights].map(([name, weight]) => [
      name.startsWith(`${service}/`) ? name.slice(service.length + 1) : name,
      weight / unitsPerPercent,
    ]),
  );
}

type Place = ReadonlyMap<string, Resource>;

function resourceChanges(was: Translation, becomes: Translation): readonly ResourceChange[] {
  const [before, after] = [placesOf(was), placesOf(becomes)];
  const places = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  return places.flatMap((place) => changesAt(place, before.get(place), after.get(place)));
}

function placesOf(translation: Translation): ReadonlyMap<string, Place> {
  const { shared, secrets, gateways, nodes } = translation;
  const places = new Map<string, Place>([
    ["shared", byName([...shared.values()].flatMap(({ resources }) => resources))],
    ["secrets", byName([...secrets.values()])],
  ]);
  for (const [name, { bundle }] of gateways)
    places.set(`gateways/${name}`, byName(bundle.resources));
  for (const [id, { resources }] of nodes) places.set(`snapshots/${id}`, byName(resources));
  return places;
}

const byName = (resources: readonly Resource[]): Place =>
  new Map(resources.map((resource) => [`${resource.typeUrl} ${resource.name}`, resource]));

function changesAt(
  place: string,
  before: Place = new Map(),
  after: Place = new Map(),
): readonly ResourceChange[] {
  const all = new Map([...before, ...after]);
  const types = [...new Set([...all.values()].map(({ typeUrl }) => typeUrl))];
  const isChanged = (key: string): boolean => before.get(key)?.version !== after.get(key)?.version;
  return types
    .sort((a, b) => pushRank(a) - pushRank(b) || compareText(a, b))
    .map((typeUrl) => {
      const keys = [...all.keys()].filter((key) => all.get(key)?.typeUrl === typeUrl);
      const names = (isWanted: (key: string) => boolean): readonly string[] =>
        keys
          .filter(isWanted)
          .map((key) => all.get(key)?.name ?? "")
          .sort(compareText);
      return {
        place,
        type: shortName(typeUrl),
        added: names((key) => !before.has(key)),
        changed: names((key) => before.has(key) && after.has(key) && isChanged(key)),
        removed: names((key) => !after.has(key)),
      };
    })
    .filter((one) => one.added.length + one.changed.length + one.removed.length > 0);
}

function added(before: readonly Diagnostic[], after: readonly Diagnostic[]): readonly Diagnostic[] {
  const told = ({ key, code, path, message }: Diagnostic): string =>
    JSON.stringify([key, code, path, message]);
  const known = new Set(before.map(told));
  return after.filter((each) => !known.has(told(each)));
}
