/**
 * What an undo writes: values from the records, put back where nobody has changed them since. It
 * refuses where the records do not tell the whole story, and says what is missing.
 */
import { err, ok, type Result } from "../../lib/result.ts";
import { guardStatusFolder } from "../status-keys.ts";
import { type CurrentValues, recordedKeys, type StoredRecord } from "./chain.ts";
import { type RecordedValue, recordedValue, sameValue } from "./recorded-value.ts";

export type UndoTarget =
  /** Before the newest record. */
  | { readonly kind: "last" }
  /** As of that revision of the store. */
  | { readonly kind: "revision"; readonly revision: bigint }
  /** As that record left it. */
  | { readonly kind: "record"; readonly id: string };

export interface UndoPlan {
  /** Value by key; undefined: the key goes. Only those that differ from what is there now. */
  readonly values: ReadonlyMap<string, Uint8Array | undefined>;
  /** For the record of the undo: `undo of …`. */
  readonly what: string;
}

/** `records` in order, the oldest first. `force`: values that somebody has changed since, too. */
export function undoPlan(
  records: readonly StoredRecord[],
  current: CurrentValues,
  target: UndoTarget,
  force: boolean,
): Result<UndoPlan, string> {
  if (records.length === 0) return err("there is no record of a change");
  const split = splitAt(records, target);
  if (!split.ok) return split;
  const { kept, undone, what } = split.value;
  const values = new Map<string, Uint8Array | undefined>();
  for (const key of undoableKeys(target.kind === "last" ? undone : records)) {
    const now = recordedValue(current.get(key));
    const wanted = valueThen(key, storyOf(key, kept, undone), force ? undefined : now, target.kind);
    if (!wanted.ok) return wanted;
    if (sameValue(wanted.value, now)) continue;
    const bytes = bytesOf(key, wanted.value);
    if (!bytes.ok) return bytes;
    values.set(key, bytes.value);
  }
  return values.size === 0 ? err(`nothing differs: ${what} changes nothing`) : ok({ values, what });
}

/** Only `retry` brings back what a guard has taken out. */
const undoableKeys = (records: readonly StoredRecord[]): readonly string[] =>
  [...recordedKeys(records)].filter((key) => !key.startsWith(guardStatusFolder));

/** What somebody said to a release changed nothing that could be put back. */
export const newestChange = (records: readonly StoredRecord[]): StoredRecord | undefined =>
  records.findLast(({ record }) => record.changes.length > 0);

interface Split {
  readonly kept: readonly StoredRecord[];
  readonly undone: readonly StoredRecord[];
  readonly what: string;
}

function splitAt(records: readonly StoredRecord[], target: UndoTarget): Result<Split, string> {
  const at = (index: number, what: string) =>
    ok({ kept: records.slice(0, index), undone: records.slice(index), what });
  switch (target.kind) {
    case "last": {
      const newest = newestChange(records);
      if (newest === undefined) return err("there is no record of a change");
      return at(records.indexOf(newest), `undo of ${newest.record.id}`);
    }
    case "revision": {
      const { revision } = target;
      const oldest = records[0]?.revision ?? 0n;
      if (revision < oldest) {
        return err(`the records begin at revision ${oldest}: what was before is not known`);
      }
      const index = records.findIndex((stored) => stored.revision > revision);
      return at(index === -1 ? records.length : index, `undo to revision ${revision}`);
    }
    case "record": {
      const index = records.findIndex(({ record }) => record.id === target.id);
      if (index === -1) return err(`there is no record ${target.id}`);
      return at(index + 1, `undo to ${target.id}`);
    }
  }
}

/** What the records say of one key around the point that is gone back to. */
interface Story {
  /** As the last record before that point left it. */
  readonly before: RecordedValue | undefined;
  /** As the first record after it found it. */
  readonly next: RecordedValue | undefined;
  /** As the newest record left it. */
  readonly last: RecordedValue | undefined;
}

function storyOf(
  key: string,
  kept: readonly StoredRecord[],
  undone: readonly StoredRecord[],
): Story {
  const of = (records: readonly StoredRecord[]) =>
    records.flatMap(({ record }) => record.changes.filter((change) => change.key === key));
  const before = of(kept).at(-1)?.after;
  const later = of(undone);
  return { before, next: later[0]?.before, last: later.at(-1)?.after ?? before };
}

/** `now`: held against the records; undefined: they are believed. */
function valueThen(
  key: string,
  story: Story,
  now: RecordedValue | undefined,
  kind: UndoTarget["kind"],
): Result<RecordedValue, string> {
  const doubt = now === undefined ? undefined : doubtOf(key, story, now, kind);
  if (doubt !== undefined) return err(doubt);
  const wanted = kind === "last" ? story.next : (story.before ?? story.next);
  return wanted === undefined ? err(`no record tells what ${key} was`) : ok(wanted);
}

function bytesOf(key: string, value: RecordedValue): Result<Uint8Array | undefined, string> {
  switch (value.kind) {
    case "absent":
      return ok(undefined);
    case "text":
      return ok(Buffer.from(value.text));
    case "hash":
      return err(`${key} had ${value.bytes} bytes, of which the record has the hash only`);
  }
}

/** Why the records are not enough; undefined: they are. */
function doubtOf(
  key: string,
  { before, next, last }: Story,
  now: RecordedValue,
  kind: UndoTarget["kind"],
): string | undefined {
  if (last !== undefined && !sameValue(last, now)) {
    return `${key} was changed since, and no record tells by whom; force puts it back all the same`;
  }
  const isBroken = before !== undefined && next !== undefined && !sameValue(before, next);
  if (kind !== "revision" || !isBroken) return undefined;
  return `a record of ${key} is missing: what it was then is not known; force takes the one before`;
}
