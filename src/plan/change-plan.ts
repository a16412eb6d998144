/**
 * What a change of objects changes: in objects, in the share of each version, and in the resources that
 * proxies get. Pure: the store's content goes through decode and translate as it is, and then as it would be,
 * by the same decoder and translator, so that a value that is refused keeps the last good one as in a server.
 */
import { compareText } from "../lib/compare-text.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { createDecoder, type Decoded, type Decoder } from "../store/decode/decoder.ts";
import { type ObjectResult, resultOf } from "../store/objects.ts";
import type { Entry, StoreState } from "../store/store.ts";
import {
  createTranslator,
  type TranslateOptions,
  type Translator,
} from "../translate/translate.ts";
import { type ResourceChange, resourceChanges } from "./resource-changes.ts";
import { type WeightChange, weightChanges } from "./weight-changes.ts";

export interface ChangePlan {
  readonly objects: readonly PlannedObject[];
  readonly weights: readonly WeightChange[];
  readonly resources: readonly ResourceChange[];
  /** That are not there without the change. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlannedObject {
  readonly key: string;
  readonly result: ObjectResult | "deleted";
}

/** Values by key, laid over what is there; undefined: the key is deleted. */
export type Wanted = ReadonlyMap<string, Uint8Array | undefined>;

/** A store's content, and a decoder and a translator that have followed it. The plan takes them over. */
export interface Followed {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly decoded: Decoded;
  readonly decoder: Decoder;
  readonly translate: Translator;
}

export function changePlan(
  state: StoreState,
  wanted: Wanted,
  options: TranslateOptions,
): ChangePlan {
  const decoder = createDecoder();
  const decoded = decoder.start(state);
  return planFrom(
    { entries: state.entries, decoded, decoder, translate: createTranslator(options) },
    wanted,
  );
}

export function planFrom(followed: Followed, wanted: Wanted): ChangePlan {
  const { entries, decoded, decoder, translate } = followed;
  const objects = [...wanted]
    .map(([key, value]) => ({ key, result: plannedOf(entries.get(key), value) }))
    .sort((a, b) => compareText(a.key, b.key));
  const was = translate(decoded.state);
  const revision = decoded.state.revision + 1n;
  const puts: Entry[] = [];
  const deletes: string[] = [];
  for (const { key, result } of objects) {
    const value = wanted.get(key);
    if (result === "unchanged") continue;
    if (value === undefined) deletes.push(key);
    else puts.push(putOf(key, value, entries, revision));
  }
  const next = decoder.change({ revision, puts, deletes });
  const becomes = translate(next.state);
  return {
    objects,
    weights: weightChanges(
      { services: decoded.state.services, translation: was },
      { services: next.state.services, translation: becomes },
    ),
    resources: resourceChanges(was, becomes),
    diagnostics: added(
      [...decoded.diagnostics, ...was.diagnostics],
      [...next.diagnostics, ...becomes.diagnostics],
    ),
  };
}

function plannedOf(
  entry: Entry | undefined,
  value: Uint8Array | undefined,
): PlannedObject["result"] {
  if (value !== undefined) return resultOf(entry, value);
  return entry === undefined ? "unchanged" : "deleted";
}

function putOf(
  key: string,
  value: Uint8Array,
  entries: ReadonlyMap<string, Entry>,
  revision: bigint,
): Entry {
  const createRevision = entries.get(key)?.createRevision ?? revision;
  return { key, value, modRevision: revision, createRevision };
}

function added(before: readonly Diagnostic[], after: readonly Diagnostic[]): readonly Diagnostic[] {
  const same = new Set(before);
  const others = after.filter((each) => !same.has(each));
  if (others.length === 0) return [];
  const told = ({ key, code, path, message }: Diagnostic): string =>
    JSON.stringify([key, code, path, message]);
  const known = new Set(before.map(told));
  return others.filter((each) => !known.has(told(each)));
}
