/**
 * One act: a transaction that holds only while everything it was decided upon is as it was read, and
 * that writes the new values, the status, and the record of history together. A lost answer is
 * looked up by the act's own operation, so that nothing is done twice and nothing is assumed.
 */
import { randomBytes } from "node:crypto";
import { assert } from "../lib/assert.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import {
  type Evidence,
  encodeRecord,
  historyKey,
  operationId,
  type RecordedChange,
} from "./history/record.ts";
import { recordedValue } from "./history/recorded-value.ts";
import { guardStatusFolder } from "./status-keys.ts";
import type { Compare, Entry, Store, StoreError, Transaction, Write } from "./store.ts";

/** Who acts, and why: for the record. */
export interface Author {
  readonly by: string;
  readonly why: string;
}

/** A key as it was read; undefined: it was not there. */
export interface ReadKey {
  readonly key: string;
  readonly entry: Entry | undefined;
}

export interface Act extends Author {
  /** Whose history tells of it; undefined: none does, as of keys that registries write. */
  readonly service: string | undefined;
  /** Of this act alone: `newOperation`. The status that it writes carries it as `operation`. */
  readonly operation: string;
  /** Wall clock. */
  readonly atMs: number;
  /** All that it was decided upon: every key that it writes, and others. */
  readonly read: readonly ReadKey[];
  readonly writes: readonly Write[];
  /** Keys of its own making, such as alerts: no decision rests on them. */
  readonly notes?: readonly Write[];
  readonly evidence?: Evidence;
  /** History tells of it though it changes nothing but a status: a person has spoken. */
  readonly isTold?: boolean;
}

export type Committed =
  | { readonly kind: "done"; readonly revision: bigint }
  /** Decide anew: a compare did not hold, or (`error`) the answer was lost and it is not done. */
  | { readonly kind: "lost"; readonly error?: StoreError }
  /** `ambiguous`: not even the look for it was answered; it may or may not be done. */
  | { readonly kind: "failed"; readonly error: StoreError };

const chanceBytes = 6;

/** Sorts by time; two acts have never the same. */
export const newOperation = (atMs: number): string =>
  operationId(atMs, randomBytes(chanceBytes).toString("hex"));

/** `fence`: what must hold besides, such as the leader's key. */
export async function commitAct(
  store: Store,
  act: Act,
  fence: readonly Compare[] = [],
): Promise<Committed> {
  const outcome = await store.transact(transactionOf(act, fence));
  if (outcome.ok) {
    const { committed, revision } = outcome.value;
    return committed ? { kind: "done", revision } : { kind: "lost" };
  }
  if (outcome.error.kind !== "ambiguous") return { kind: "failed", error: outcome.error };
  return lookUp(store, act, outcome.error);
}

function transactionOf(act: Act, fence: readonly Compare[]): Transaction {
  const read = new Set(act.read.map(({ key }) => key));
  assert(act.writes.length > 0, `the act ${act.operation} writes nothing`);
  assert(
    act.writes.every(({ key }) => read.has(key)),
    `the act ${act.operation} writes what it has not read`,
  );
  const compare = act.read.map(({ key, entry }) => ({
    key,
    modRevision: entry?.modRevision ?? 0n,
  }));
  const record = recordOf(act);
  const writes = [...act.writes, ...(act.notes ?? []), ...(record === undefined ? [] : [record])];
  return { compare: [...fence, ...compare], writes };
}

/** A status alone, such as a measurement, is no change that history tells of; a guard's latch is one. */
function recordOf(act: Act): Write | undefined {
  if (act.service === undefined) return undefined;
  const changes = changesOf(act);
  if (changes.length === 0 && act.isTold !== true) return undefined;
  const { operation: id, by, why, atMs, evidence } = act;
  const value = encodeRecord({ id, by, why, atMs, changes, evidence });
  return { kind: "put", key: historyKey(act.service, id), value };
}

const isStatus = (key: string): boolean =>
  key.startsWith("status/") && !key.startsWith(guardStatusFolder);

function changesOf({ read, writes }: Act): readonly RecordedChange[] {
  const before = new Map(read.map(({ key, entry }) => [key, entry?.value]));
  return writes
    .filter(({ key }) => !isStatus(key))
    .map((write) => ({
      key: write.key,
      before: recordedValue(before.get(write.key)),
      after: recordedValue(write.kind === "put" ? write.value : undefined),
    }));
}

/**
 * The record is there if and only if the act was done. Where the act has none, the status (the first
 * write) tells: it has the act's operation, or the revision from before; if neither, somebody has
 * written it since, and nothing can be said. An act that is on its way still is no danger: its
 * compares hold no longer once another one was done.
 */
async function lookUp(store: Store, act: Act, error: StoreError): Promise<Committed> {
  const record = recordOf(act);
  if (record !== undefined) {
    const read = await store.get(record.key);
    if (!read.ok) return { kind: "failed", error };
    const entry = read.value;
    return entry === undefined ? { kind: "lost", error } : done(entry);
  }
  const key = act.writes[0]?.key ?? "";
  const read = await store.get(key);
  if (!read.ok) return { kind: "failed", error };
  const entry = read.value;
  if (entry !== undefined && operationIn(entry.value) === act.operation) return done(entry);
  const before = act.read.find((each) => each.key === key)?.entry?.modRevision ?? 0n;
  const isAsBefore = (entry?.modRevision ?? 0n) === before;
  return isAsBefore ? { kind: "lost", error } : { kind: "failed", error };
}

const done = ({ modRevision: revision }: Entry): Committed => ({ kind: "done", revision });

function operationIn(value: Uint8Array): unknown {
  const status = parsedJson(value);
  return typeof status === "object" && status !== null && "operation" in status
    ? status.operation
    : undefined;
}
