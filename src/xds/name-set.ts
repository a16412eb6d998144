/**
 * Sets of resource names, interned: equal sets are one object, whatever the order of the names. A
 * thousand proxies that ask for the same ten thousand names cost one set; a request that repeats
 * them is recognised by its bytes; and what is worked out for one is known by identity for all.
 */
import { createHash } from "node:crypto";
import { limits } from "../config/limits.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import { spreadHash } from "../lib/hash.ts";
import { FieldScanner } from "../proto/scan.ts";

export interface NameSet {
  /** Of no other set that is in use. */
  readonly id: number;
  readonly names: ReadonlySet<string>;
}

export const noNameSet: NameSet = { id: 0, names: new Set() };

let lastId = 0;

/** By a hash that does not depend on order; equality is checked name by name. */
const byHash = new Map<number, readonly WeakRef<NameSet>[]>();

/** By the bytes of a request, or by what was done to another set. Oldest first. */
const bySource = new Map<string, WeakRef<NameSet>>();

const forgotten = new FinalizationRegistry<number>((hash) => {
  const left = (byHash.get(hash) ?? []).filter((ref) => ref.deref() !== undefined);
  if (left.length === 0) byHash.delete(hash);
  else byHash.set(hash, left);
});

/** The one set of these names. */
export function nameSet(names: Iterable<string>): NameSet {
  const wanted: ReadonlySet<string> = names instanceof Set ? names : new Set(names);
  if (wanted.size === 0) return noNameSet;
  const hash = unorderedHash(wanted);
  const alike = byHash.get(hash) ?? [];
  for (const ref of alike) {
    const known = ref.deref();
    if (known !== undefined && sameNames(known.names, wanted)) return known;
  }
  lastId += 1;
  // In one order, whoever was the first to ask: responses list resources in it.
  const fresh: NameSet = { id: lastId, names: new Set([...wanted].sort()) };
  byHash.set(hash, [...alike, new WeakRef(fresh)]);
  forgotten.register(fresh, hash);
  return fresh;
}

/** The set of the names in a run of encoded `repeated string` elements, tags included. */
export function nameSetOfBytes(run: Uint8Array): NameSet {
  if (run.length === 0) return noNameSet;
  return remembered(keyOfBytes(run), () => {
    const names = new Set<string>();
    const buffer = Buffer.from(run.buffer, run.byteOffset, run.byteLength);
    const name = new FieldScanner(run);
    while (name.next()) names.add(buffer.toString("utf8", name.from, name.to));
    return nameSet(names);
  });
}

/** `from` with some names more and others less, for all that do the same to the same set. */
export function changedSet(from: NameSet, added: NameSet, removed: NameSet): NameSet {
  if (added === noNameSet && removed === noNameSet) return from;
  return remembered(`${from.id}+${added.id}-${removed.id}`, () => {
    const names = new Set(from.names);
    for (const name of removed.names) names.delete(name);
    for (const name of added.names) names.add(name);
    return nameSet(names);
  });
}

/** A key is of one set only: made of ids, which are not used twice, or of all the bytes. */
function remembered(key: string, make: () => NameSet): NameSet {
  const known = bySource.get(key)?.deref();
  if (known !== undefined) return known;
  const made = make();
  bySource.delete(key);
  bySource.set(key, new WeakRef(made));
  dropOldest(bySource, limits.xds.rememberedNameLists);
  return made;
}

/** Short lists stand for themselves; of long ones a digest that no two lists have in common. */
function keyOfBytes(run: Uint8Array): string {
  const buffer = Buffer.from(run.buffer, run.byteOffset, run.byteLength);
  if (run.length <= 128) return `=${buffer.toString("latin1")}`;
  return `#${createHash("sha256").update(buffer).digest("base64")}`;
}

function unorderedHash(names: ReadonlySet<string>): number {
  let sum = names.size;
  for (const name of names) sum = (sum + spreadHash(name)) | 0;
  return sum;
}

/** Whether both are the same names, one object or not. */
export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
}
