/**
 * Quantiles of requests that were counted in buckets, by several proxies, whose buckets need not be the
 * same. Within a bucket requests count as spread evenly, as Prometheus has it, so a quantile lies in the
 * bucket that the true one lies in: where all buckets are the same, and else between two bounds that
 * all of them have.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */

/** Where buckets end, rising and above 0; the last bucket, which has no end, is one more. */
export type Scale = readonly number[];

export interface Buckets {
  readonly scale: Scale;
  /** Requests in each: one more than the scale has ends. */
  readonly counts: ArrayLike<number>;
}

/** Undefined without requests. One that lies beyond all bounds is told as the highest of them. */
export function quantile(of: readonly Buckets[], share: number): number | undefined {
  const total = of.reduce((sum, { counts }) => sum + sumOf(counts), 0);
  if (total === 0) return undefined;
  const ends = [...new Set(of.flatMap(({ scale }) => scale))].sort((a, b) => a - b);
  const wanted = share * total;
  let from = 0;
  let below = 0;
  for (const end of ends) {
    const upTo = of.reduce((sum, each) => sum + countBelow(each, end), 0);
    if (upTo >= wanted && upTo > below) {
      return from + ((end - from) * Math.max(0, wanted - below)) / (upTo - below);
    }
    from = end;
    below = upTo;
  }
  return ends.at(-1);
}

const sumOf = (counts: ArrayLike<number>): number =>
  Array.from(counts).reduce((sum, count) => sum + count, 0);

function countBelow({ scale, counts }: Buckets, limit: number): number {
  let sum = 0;
  let from = 0;
  for (const [index, end] of scale.entries()) {
    const count = counts[index] ?? 0;
    if (end > limit) return sum + (count * Math.max(0, limit - from)) / (end - from);
    sum += count;
    from = end;
  }
  return sum;
}
