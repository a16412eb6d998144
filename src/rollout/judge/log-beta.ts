/**
 * Logarithm of the beta function at halves, by Stirling's series for the gamma function.
 * https://dlmf.nist.gov/5.11.E1
 */

/** Of B(errors + 1/2, ok + 1/2), for counts. */
export const logBetaHalves = (errors: number, ok: number): number =>
  logGamma(errors + 0.5) + logGamma(ok + 0.5) - logGamma(errors + ok + 1);

/** From here on, four terms of the series are exact to 1e-11. */
const seriesBegins = 8;

/** For x > 0. */
export function logGamma(x: number): number {
  let product = 1;
  let above = x;
  for (; above < seriesBegins; above += 1) product *= above;
  const square = above * above;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / above;
  const stirling = (above - 0.5) * Math.log(above) - above + Math.log(2 * Math.PI) / 2 + series;
  return stirling - Math.log(product);
}
