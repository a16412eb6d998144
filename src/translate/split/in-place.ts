/**
 * Who stands in for a part of a split that takes no traffic, in its place. A split by hash walks the
 * list: where a part is cut out and the rest stretched, users move who have nothing to do with it.
 */
import { apportion } from "./apportion.ts";

export interface Part<T> {
  readonly target: T;
  /** In any unit, the same for all. */
  readonly weight: number;
  /** Who takes the part's traffic: the target itself, or its fallback; undefined: the others. */
  readonly receiver: T | undefined;
}

export interface Placed<T> {
  readonly target: T;
  /** In units of the denominator. */
  readonly weight: number;
}

/**
 * The parts in their order, each with those that stand in for it; a part that somebody stands in for
 * is there at zero, so that the list keeps its shape. undefined where nobody takes any traffic.
 */
export function inPlace<T>(
  parts: readonly Part<T>[],
  same: (a: T, b: T) => boolean,
): readonly Placed<T>[] | undefined {
  if (parts.every(({ weight }) => weight === 0)) return undefined;
  const units = apportion(parts.map(({ weight }) => weight));
  const weighed = parts.map((part, i) => ({ ...part, weight: units[i] ?? 0 }));
  const takers = weighed.flatMap(({ receiver, weight }) =>
    receiver === undefined || weight === 0 ? [] : [{ target: receiver, weight }],
  );
  if (takers.length === 0) return undefined;
  const pieces = weighed.map(({ receiver, weight }) =>
    receiver === undefined ? divided(weight, takers) : [{ target: receiver, weight }],
  );
  const taking = pieces.flat().filter(({ weight }) => weight > 0);
  const takes = (target: T): boolean => taking.some((piece) => same(piece.target, target));
  const list: Placed<T>[] = [];
  for (const [i, { target }] of parts.entries()) {
    if (!takes(target)) list.push({ target, weight: 0 });
    for (const piece of pieces[i] ?? []) if (piece.weight > 0) append(list, piece, same);
  }
  return inOrder(list, parts, same);
}

/** In the order of the parts, where that moves nothing but zeros, which have no width. */
function inOrder<T>(
  list: readonly Placed<T>[],
  parts: readonly Part<T>[],
  same: (a: T, b: T) => boolean,
): readonly Placed<T>[] {
  if (list.length !== parts.length) return list;
  const ordered = parts.map(({ target }) => list.find((placed) => same(placed.target, target)));
  const found = ordered.filter((placed) => placed !== undefined);
  const taking = list.filter(({ weight }) => weight > 0);
  const moved = found.filter(({ weight }) => weight > 0).some((placed, i) => placed !== taking[i]);
  return found.length === parts.length && new Set(found).size === found.length && !moved
    ? found
    : list;
}

/** Whole units in the ratio of the takers, the first of them taking what is left over. */
function divided<T>(units: number, takers: readonly Placed<T>[]): readonly Placed<T>[] {
  const sum = takers.reduce((total, { weight }) => total + weight, 0);
  const floors = takers.map(({ weight }) => Math.floor((units * weight) / sum));
  const left = units - floors.reduce((total, n) => total + n, 0);
  return takers.map(({ target }, i) => ({
    target,
    weight: (floors[i] ?? 0) + (i === 0 ? left : 0),
  }));
}

/** What lies side by side is one entry; zeros in between have no width. */
function append<T>(list: Placed<T>[], piece: Placed<T>, same: (a: T, b: T) => boolean): void {
  const last = list.findLastIndex(({ weight }) => weight > 0);
  const before = list[last];
  if (before === undefined || !same(before.target, piece.target)) list.push(piece);
  else list[last] = { target: before.target, weight: before.weight + piece.weight };
}
