/**
 * Whole shares of a fixed denominator. A gray release that is sticky by user hash keeps its users
 * only while the sum of the weights stays the same, so every split serin makes has the same sum.
 */

/** Sum of the weights of every weighted_clusters: a weight of 1 is a hundredth of a percent. */
export const denominator = 10_000;

/**
 * Splits the denominator in the ratio of `weights` (finite, >= 0, not all 0) by largest remainder,
 * ties going to the earlier one. A weight of 0 gets 0, and any other gets at least 1. Raising one
 * weight never lowers its own share.
 *
 * With more positive weights than the denominator has units, each gets 1 and the sum is their
 * number.
 */
export function apportion(weights: readonly number[]): readonly number[] {
  const scaled = withExactProducts(weights);
  const floored = atLeastOne(scaled);
  const pool = scaled.map((weight, i) => (floored.has(i) ? 0 : weight));
  const units = Math.max(0, denominator - floored.size);
  const sum = total(pool);
  const shares = scaled.map((_, i) => (floored.has(i) ? 1 : 0));
  if (sum === 0) return shares;
  // The remainder is exact (`%` is), so the floor is taken from it and not from a rounded quotient.
  const remainders = pool.map((weight) => (weight * units) % sum);
  const floors = pool.map((weight, i) => Math.round((weight * units - (remainders[i] ?? 0)) / sum));
  const order = pool.map((_, i) => i).filter((i) => (pool[i] ?? 0) > 0);
  order.sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b);
  const seats = new Set(order.slice(0, Math.max(0, units - total(floors))));
  return shares.map((share, i) => share + (floors[i] ?? 0) + (seats.has(i) ? 1 : 0));
}

/**
 * Indices whose proportional share is below one unit, once those below it were given theirs. They
 * are the smallest weights, so one pass in ascending order finds them.
 */
function atLeastOne(weights: readonly number[]): ReadonlySet<number> {
  const floored = new Set<number>();
  let units = denominator;
  let sum = total(weights);
  const ascending = weights.map((weight, i) => ({ weight, i })).filter(({ weight }) => weight > 0);
  ascending.sort((a, b) => a.weight - b.weight || b.i - a.i);
  for (const { weight, i } of ascending) {
    if (weight * units >= sum) break;
    floored.add(i);
    units -= 1;
    sum -= weight;
  }
  return floored;
}

/** Largest weight whose product with the denominator, summed over many, stays an exact integer. */
const largestExact = 2 ** 36;

/** Huge weights are scaled down, by a power of two, so that the arithmetic above stays exact. */
function withExactProducts(weights: readonly number[]): readonly number[] {
  const largest = Math.max(0, ...weights);
  if (largest <= largestExact) return weights;
  const scale = 2 ** Math.ceil(Math.log2(largest / largestExact));
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.floor(weight / scale))));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
