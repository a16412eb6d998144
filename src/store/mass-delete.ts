/** Which losses of keys are held rather than followed, and how that is told: pure. See ADR 0010. */
import type { Entry, StoreChange } from "./store.ts";

/** Keys that must not all go at once: all of them, and those of the instances. */
export const guarded = ["", "endpoints/"] as const;
export type Guarded = (typeof guarded)[number];

/** What serin writes there by itself brings nobody's services back. */
const ownFolder = /^(?:status|history|audit)\//;

/** Whether a change is of more than what serin writes by itself. */
export const touchesObjects = ({ puts, deletes }: StoreChange): boolean =>
  puts.some(({ key }) => !ownFolder.test(key)) || deletes.some((key) => !ownFolder.test(key));

/** As `lostAtOnce`, for a list; an empty one is a loss of however few, unless none is (Infinity). */
export function lostInList(
  entries: ReadonlyMap<string, Entry>,
  listed: ReadonlyMap<string, Entry>,
  least: number,
): Guarded | undefined {
  const isEmptied = countUnder(listed.keys(), "") === 0 && countUnder(entries.keys(), "") > 0;
  if (isEmptied && least !== Number.POSITIVE_INFINITY) return "";
  return lostAtOnce(entries, listed.keys(), least);
}

/** The first of `guarded` with at least `least` keys in `entries` and none in `keysAfter`. */
function lostAtOnce(
  entries: ReadonlyMap<string, Entry>,
  keysAfter: Iterable<string>,
  least: number,
): Guarded | undefined {
  const after = [...keysAfter];
  return guarded.find((folder) => {
    const count = countUnder(entries.keys(), folder);
    return count > 0 && count >= least && countUnder(after, folder) === 0;
  });
}

/** As `lostAtOnce`, for a change of one revision. */
export function lostWith(
  entries: ReadonlyMap<string, Entry>,
  change: StoreChange,
  least: number,
): Guarded | undefined {
  // Most changes delete little, and need no counting.
  if (change.deletes.length < least) return undefined;
  return lostAtOnce(entries, keysAfter(entries, change), least);
}

function keysAfter(entries: ReadonlyMap<string, Entry>, change: StoreChange): ReadonlySet<string> {
  const keys = new Set(entries.keys());
  for (const key of change.deletes) keys.delete(key);
  for (const { key } of change.puts) keys.add(key);
  return keys;
}

/** Of all keys (""), those that serin writes by itself do not count. */
export function countUnder(keys: Iterable<string>, folder: Guarded): number {
  let count = 0;
  for (const key of keys) {
    if (folder === "" ? !ownFolder.test(key) : key.startsWith(folder)) count++;
  }
  return count;
}

export interface Hold {
  readonly prefix: string;
  readonly gone: Guarded;
  /** How many of the keys that went there were, and are again. */
  readonly were: number;
  readonly are: number;
  readonly rewound: boolean;
  readonly quietMs: number;
}

export function heldMessage({ prefix, gone, were, are, rewound, quietMs }: Hold): string {
  const left = are === 0 ? "no key is" : `only ${are} keys are`;
  const until =
    are === 0
      ? `keys appear again${gone === "" ? "" : " there"} (--allow-empty takes it as it is)`
      : `none was written for ${quietMs} ms`;
  return (
    `${left} left under ${prefix}${gone} where there were ${were}` +
    `${rewound ? " (its history went back)" : ""}; the last good state is held until ${until}` +
    (gone === "" ? "" : "; so are changes to all other keys")
  );
}
