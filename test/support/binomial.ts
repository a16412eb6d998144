export interface BinomialInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * The counts that a binomial variable (n trials, chance p) takes with at least `confidence`: each
 * tail outside has at most half of the rest. Exact sums, no normal approximation, so that small n
 * and p near 0 or 1 are right too.
 */
export function binomialInterval(n: number, p: number, confidence = 0.999): BinomialInterval {
  if (!Number.isInteger(n) || n < 0) throw new Error(`n must be a count: ${n}`);
  if (!(p >= 0 && p <= 1)) throw new Error(`p must be in 0..1: ${p}`);
  if (!(confidence > 0 && confidence < 1)) throw new Error(`bad confidence: ${confidence}`);
  if (p === 0) return { low: 0, high: 0 };
  if (p === 1) return { low: n, high: n };
  const tail = (1 - confidence) / 2;
  const low = tailLength(n, p, tail);
  const high = n - tailLength(n, 1 - p, tail);
  return { low, high };
}

export function withinBinomial(count: number, n: number, p: number, confidence = 0.999): boolean {
  const { low, high } = binomialInterval(n, p, confidence);
  return count >= low && count <= high;
}

/** How many of the lowest counts have a probability of at most `tail` together. */
function tailLength(n: number, p: number, tail: number): number {
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sum += Math.exp(logTerm);
    if (sum > tail) return k;
    logTerm += Math.log(n - k) - Math.log(k + 1) + logOdds;
  }
  return n;
}
