/**
 * In which order the entries at an edge are asked. Envoy goes on to the next route only for requests
 * that do not match, so those that take all whom they match come first, and shares that are drawn
 * alike stand side by side in one route.
 */
import { isDeepStrictEqual } from "node:util";
import type { Lane, LaneEntry } from "../../model/lane.ts";
import type { HashSplit } from "../../model/traffic.ts";
import { denominator } from "../split/apportion.ts";

/** An entry with the lane it leads to. */
export interface EdgeEntry {
  readonly lane: Lane;
  readonly entry: LaneEntry;
  /** Among the entries of the lane. */
  readonly index: number;
}

/** Of both, those with conditions come first; entries without a share are left out. */
export function inOrder(entries: readonly EdgeEntry[]): {
  readonly whole: readonly EdgeEntry[];
  readonly partial: readonly EdgeEntry[];
} {
  const sorted = entries.toSorted((a, b) => Number(isForAll(a)) - Number(isForAll(b)));
  return {
    whole: sorted.filter(({ entry }) => entry.share === denominator),
    partial: sorted.filter(({ entry: { share } }) => share > 0 && share < denominator),
  };
}

export const isForAll = ({ entry }: EdgeEntry): boolean => entry.matches.length === 0;

/** Whether `other` takes its share beside that of `first`, from the same requests. */
export const isBeside = (first: EdgeEntry, other: EdgeEntry): boolean =>
  sameDraw(first.entry.hashSplit, other.entry.hashSplit) &&
  (isForAll(other) || isDeepStrictEqual(first.entry.matches, other.entry.matches));

/** Whether `other` has its share in the routes of `first` and needs none of its own. */
export const standsIn = (first: EdgeEntry, other: EdgeEntry): boolean =>
  isBeside(first, other) && (isForAll(first) || !isForAll(other));

export const sameDraw = (a: HashSplit | undefined, b: HashSplit | undefined): boolean =>
  a?.salt === b?.salt && isDeepStrictEqual(a?.headers, b?.headers);
