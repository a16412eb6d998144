/**
 * The quantile of the standard normal distribution: how many standard deviations a confidence is.
 * P. J. Acklam's rational approximation, whose relative error is below 1.15e-9.
 * https://web.archive.org/web/20151030215612/http://home.online.no/~pjacklam/notes/invnorm/
 */
import { assert } from "../../lib/assert.ts";

/** Highest power first. */
type Polynomial = readonly number[];

const central: { readonly over: Polynomial; readonly under: Polynomial } = {
  over: [
    -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
    -3.066479806614716e1, 2.506628277459239,
  ],
  under: [
    -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
    -1.328068155288572e1, 1,
  ],
};

const tail: { readonly over: Polynomial; readonly under: Polynomial } = {
  over: [
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
    4.374664141464968, 2.938163982698783,
  ],
  under: [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
};

/** Where one approximation ends and the other begins. */
const tailBegins = 0.02425;

/** `p` of the distribution lies below the answer. */
export function normalQuantile(p: number): number {
  assert(p > 0 && p < 1, `a probability is between 0 and 1: ${p}`);
  if (p > 1 - tailBegins) return -inTail(1 - p);
  if (p < tailBegins) return inTail(p);
  const from = p - 0.5;
  const square = from * from;
  return (from * at(square, central.over)) / at(square, central.under);
}

function inTail(p: number): number {
  const root = Math.sqrt(-2 * Math.log(p));
  return at(root, tail.over) / at(root, tail.under);
}

const at = (x: number, polynomial: Polynomial): number =>
  polynomial.reduce((sum, coefficient) => sum * x + coefficient, 0);
