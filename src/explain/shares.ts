/**
 * How requests fall where chance decides. Envoy draws one number for each request, and takes it for
 * every fraction and for the split alike, modulo each one's denominator: two that follow each other
 * need not be independent. So the shares are counted out, not multiplied.
 */

/** The request's number modulo `of` is at least `from` and less than `to`. */
export interface Drawn {
  readonly of: number;
  readonly from: number;
  readonly to: number;
}

/** Numbers beyond this period are not counted out; shares are then multiplied. */
const longestPeriod = 1_000_000;

/** Share (0 to 1) of all requests for which all of `holding` holds and none of `failing` does. */
export function shareOf(holding: readonly Drawn[], failing: readonly Drawn[]): number {
  if (holding.some(({ from, to }) => to <= from)) return 0;
  const all = [...holding, ...failing];
  const step = all.reduce((size, { of, from, to }) => gcd(gcd(gcd(size, of), from), to), 0);
  if (step === 0) return 1;
  const scaled = (drawn: Drawn): Drawn => ({
    of: drawn.of / step,
    from: drawn.from / step,
    to: drawn.to / step,
  });
  const wanted = holding.map(scaled);
  const unwanted = failing.map(scaled);
  const period = [...wanted, ...unwanted].reduce((size, { of }) => lcm(size, of), 1);
  if (period > longestPeriod) return multiplied(holding, failing);
  let count = 0;
  for (let number = 0; number < period; number++) {
    const takes = (each: Drawn): boolean => isDrawn(each, number);
    if (wanted.every(takes) && !unwanted.some(takes)) count++;
  }
  return count / period;
}

const isDrawn = ({ of, from, to }: Drawn, number: number): boolean => {
  const rest = number % of;
  return rest >= from && rest < to;
};

function multiplied(holding: readonly Drawn[], failing: readonly Drawn[]): number {
  const size = ({ of, from, to }: Drawn): number => (to - from) / of;
  const held = holding.reduce((share, each) => share * size(each), 1);
  return failing.reduce((share, each) => share * (1 - size(each)), held);
}

function gcd(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}

const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;
