/**
 * The decode stage: what the store holds → what the operators want. Total and pure: a value that is
 * refused becomes a diagnostic, its key keeps the last good value, and everything else goes on.
 */

import { isDeepStrictEqual } from "node:util";
import { limits } from "../../config/limits.ts";
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import { type DesiredState, emptyState } from "../../model/desired-state.ts";
import type { ServiceName } from "../../model/names.ts";
import type { Entry, StoreChange, StoreState } from "../store.ts";
import type { Content } from "./content.ts";
import { decodeEntry } from "./decode-entry.ts";
import { toDiagnostics } from "./problem.ts";
import { copyOfLinks, noLinks, type RolloutLinks, relink } from "./rollout-links.ts";
import type { ServiceParts } from "./service-parts.ts";
import { patchSorted } from "./sorted-map.ts";
import { type Effect, patchState } from "./state-patch.ts";

export interface Decoded {
  readonly state: DesiredState;
  /** All that are in force now, by key; the same array where none came or went. */
  readonly diagnostics: readonly Diagnostic[];
  /** Keys whose content in force was changed, added or removed by this step, sorted. */
  readonly changedKeys: readonly string[];
  /**
   * Whether anything but the revision is new. Most writes of a busy store are of keys that are no
   * objects, or write a registry's endpoint again as it was.
   */
  readonly changed: boolean;
}

/** One decoder follows one store. Equal store content gives equal state, whatever came before. */
export interface Decoder {
  /** Begins anew from a full list. */
  start(state: StoreState): Decoded;
  /** Costs what changed, the services it touches, and one copy of each map that changes. */
  change(change: StoreChange): Decoded;
  /**
   * Another one that has seen the same, and goes a way of its own from here on: what would come of a change.
   * Costs a copy of what is remembered, a pointer for each key.
   */
  fork(): Decoder;
}

/** What is remembered of a key. */
interface Slot {
  readonly value: Uint8Array;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** The last good one. */
  readonly content: Content | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

interface Memory {
  readonly slots: Map<string, Slot>;
  readonly parts: Map<ServiceName, ServiceParts>;
  readonly links: RolloutLinks;
  diagnosticsByKey: ReadonlyMap<string, readonly Diagnostic[]>;
  decoded: Decoded;
}

export const createDecoder = (): Decoder => decoderFrom(blank());

function decoderFrom(first: Memory): Decoder {
  let memory = first;
  return {
    start({ revision, entries }) {
      memory = blank();
      return apply(memory, { revision, puts: [...entries.values()], deletes: [] });
    },
    change: (change) => apply(memory, change),
    fork: () =>
      decoderFrom({
        ...memory,
        slots: new Map(memory.slots),
        parts: new Map(memory.parts),
        links: copyOfLinks(memory.links),
      }),
  };
}

const blank = (): Memory => ({
  slots: new Map(),
  parts: new Map(),
  links: noLinks(),
  diagnosticsByKey: new Map(),
  decoded: { state: emptyState, diagnostics: [], changedKeys: [], changed: false },
});

function apply(memory: Memory, { revision, puts, deletes }: StoreChange): Decoded {
  const { slots, decoded, links } = memory;
  const before = new Map<string, Slot | undefined>();
  for (const key of deletes) {
    if (!before.has(key)) before.set(key, slots.get(key));
    slots.delete(key);
  }
  for (const entry of puts) {
    if (!before.has(entry.key)) before.set(entry.key, slots.get(entry.key));
    putSlot(slots, entry);
  }
  const effects = settle(slots, before);
  const { rollouts, keys } = relink(links, effects, decoded.state.rollouts);
  const diagnostics = patchDiagnostics(memory, new Set([...before.keys(), ...keys]));
  memory.decoded = {
    state: patchState(decoded.state, memory.parts, { revision, effects, rollouts }),
    diagnostics,
    changed: effects.length > 0 || diagnostics !== decoded.diagnostics,
    changedKeys: effects
      // What a rollout names wrongly keeps it from coming into force.
      .filter((effect) => isVisible(effect) && !links.problems.has(effect.key))
      .map(({ key }) => key)
      .sort(compareText),
  };
  return memory.decoded;
}

/** A key that was deleted and created again in between has no last good value. */
function putSlot(slots: Map<string, Slot>, entry: Entry): void {
  const { key, value, createRevision, modRevision } = entry;
  const known = slots.get(key);
  const old = known?.createRevision === createRevision ? known : undefined;
  if (old !== undefined && Buffer.compare(old.value, value) === 0) {
    slots.set(key, rewritten(old, modRevision));
    return;
  }
  const { content, diagnostics } = decodeEntry(entry);
  const lastGood = content ?? old?.content;
  const slot = { value, createRevision, modRevision, content: lastGood, diagnostics };
  if (slot.content === undefined && diagnostics.length === 0) slots.delete(key);
  else slots.set(key, slot);
}

/** The same bytes at a later revision: only what names the revision is new. */
function rewritten(known: Slot, revision: bigint): Slot {
  const diagnostics = known.diagnostics.map((diagnostic) => ({ ...diagnostic, revision }));
  const slot = { ...known, modRevision: revision, diagnostics };
  const isRefused = diagnostics.some(({ severity }) => severity === "error");
  const { content } = slot;
  if (isRefused || content === undefined) return slot;
  return { ...slot, content: withRevision(content, revision) };
}

/** What passes Envoy's own resources through knows its revision, and so do weights. */
function withRevision(content: Content, revision: bigint): Content {
  switch (content.kind) {
    case "weights":
      return { ...content, revision };
    case "resource":
      return { ...content, resource: { ...content.resource, revision } };
    case "nodeSnapshot":
      return { ...content, snapshot: { ...content.snapshot, revision } };
    default:
      return content;
  }
}

/** Compares with what was in force; equal content keeps its identity and has no effect. */
function settle(
  slots: Map<string, Slot>,
  before: ReadonlyMap<string, Slot | undefined>,
): readonly Effect[] {
  const effects: Effect[] = [];
  for (const [key, slotBefore] of before) {
    const slot = slots.get(key);
    const old = slotBefore?.content;
    const now = slot?.content;
    if (old === now) continue;
    if (slot !== undefined && old !== undefined && isDeepStrictEqual(old, now)) {
      slots.set(key, { ...slot, content: old });
    } else {
      effects.push({ key, old, now });
    }
  }
  return effects;
}

/** A resource written again as it was has a new revision, which is no change of content. */
function isVisible({ old, now }: Effect): boolean {
  if (old === undefined || now === undefined) return true;
  return !isDeepStrictEqual(withRevision(old, 0n), withRevision(now, 0n));
}

const none: readonly Diagnostic[] = [];

function patchDiagnostics(memory: Memory, keys: ReadonlySet<string>): readonly Diagnostic[] {
  const patch = new Map<string, readonly Diagnostic[] | undefined>();
  for (const key of keys) {
    const old = memory.diagnosticsByKey.get(key) ?? none;
    const now = diagnosticsOf(memory, key);
    if (old.length + now.length === 0 || isDeepStrictEqual(old, now)) continue;
    patch.set(key, now.length === 0 ? undefined : now);
  }
  if (patch.size === 0) return memory.decoded.diagnostics;
  memory.diagnosticsByKey = patchSorted(memory.diagnosticsByKey, patch);
  return [...memory.diagnosticsByKey.values()].flat();
}

/** What is said of the value, and of what it names. */
function diagnosticsOf({ slots, links }: Memory, key: string): readonly Diagnostic[] {
  const slot = slots.get(key);
  if (slot === undefined) return none;
  const problems = links.problems.get(key);
  if (problems === undefined) return slot.diagnostics;
  const named = toDiagnostics(problems, key, slot.modRevision);
  return [...named, ...slot.diagnostics].slice(0, limits.decode.diagnosticsPerKey);
}
