/**
 * In which order the entries at an edge are asked. Envoy goes on to the next route only for requests
 * that do not match, so those that take all whom they match come first, and shares that are drawn
 * alike stand side by side in one route. Nothing of it depends on the routes, so it is found out once
 * for an edge, and by keys: entries are many, and each pair of them would be a comparison.
 */
import type { Lane, LaneEntry, LaneMatch } from "../../model/lane.ts";
import type { NamedMatch } from "../../model/route.ts";
import type { HashSplit } from "../../model/traffic.ts";
import { denominator } from "../split/apportion.ts";

/** An entry with the lane it leads to. */
export interface EdgeEntry {
  readonly lane: Lane;
  readonly entry: LaneEntry;
  /** Among the entries of the lane. */
  readonly index: number;
}

/** An entry that takes a share, and behind it those that take theirs in its routes as well. */
export type EntryGroup = readonly [EdgeEntry, ...EdgeEntry[]];

/** Of both, those with conditions come first; entries without a share are left out. */
export interface EntryOrder {
  readonly whole: readonly EdgeEntry[];
  readonly groups: readonly EntryGroup[];
}

export const isForAll = ({ entry }: EdgeEntry): boolean => entry.matches.length === 0;

export function inOrder(entries: readonly EdgeEntry[]): EntryOrder {
  const all = entries.filter(isForAll);
  const some = entries.filter((each) => !isForAll(each));
  const forAll = grouped(all.filter(isPartial), ({ entry }) => drawKey(entry.hashSplit));
  const forSome = grouped(some.filter(isPartial), alikeKey);
  return {
    whole: [...some, ...all].filter(isWhole),
    groups: [
      ...[...forSome.values()].map((group): EntryGroup => {
        const besides = forAll.get(drawKey(group[0].entry.hashSplit)) ?? [];
        return [...group, ...besides];
      }),
      ...forAll.values(),
    ],
  };
}

const isWhole = ({ entry: { share } }: EdgeEntry): boolean => share === denominator;

export const isPartial = ({ entry: { share } }: EdgeEntry): boolean =>
  share > 0 && share < denominator;

function grouped(
  entries: readonly EdgeEntry[],
  keyOf: (each: EdgeEntry) => string,
): ReadonlyMap<string, EntryGroup> {
  const groups = new Map<string, [EdgeEntry, ...EdgeEntry[]]>();
  for (const each of entries) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

/** The same for splits that draw alike; empty for chance. */
export const drawKey = (split: HashSplit | undefined): string =>
  split === undefined ? "" : JSON.stringify([split.salt, split.headers]);

/** The same for entries that draw alike, from the same requests. */
export const alikeKey = ({ entry: { hashSplit, matches } }: EdgeEntry): string =>
  JSON.stringify([drawKey(hashSplit), matches.map(conditions)]);

const conditions = ({ headers, cookies, queryParams }: LaneMatch) =>
  [headers, cookies, queryParams].map((list) => list.map(condition));

const condition = ({ name, kind, value }: NamedMatch) => [name, kind, value];
