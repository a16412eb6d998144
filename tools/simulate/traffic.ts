/** Requests to one version that come and fail by chance, counted as a proxy counts them. */
import type { Counts } from "../../src/observe/load/signal.ts";

export interface TrafficShape {
  readonly perSecond: number;
  /** Share of the requests that fail from `onsetMs` on, and before. */
  readonly ratio: number;
  readonly ratioBefore: number;
  readonly onsetMs: number;
  /** Mean length of a row of failed requests; 1: each fails or not by itself. */
  readonly burst: number;
}

/**
 * Arrivals are a Poisson process. Failures are a Markov chain with two states, so that they come in
 * rows of `burst` requests in the mean, or of as many as there are by chance alone where that is
 * more.
 */
export function trafficOf(shape: TrafficShape, random: () => number): (untilMs: number) => Counts {
  const gap = (): number => (-Math.log(1 - random()) * 1000) / shape.perSecond;
  let next = gap();
  let failing = random() < (shape.onsetMs > 0 ? shape.ratioBefore : shape.ratio);
  let chain = chainOf(shape.onsetMs > 0 ? shape.ratioBefore : shape.ratio, shape.burst);
  let changed = shape.onsetMs <= 0;
  return (untilMs) => {
    let ok = 0;
    let errors = 0;
    for (; next < untilMs; next += gap()) {
      if (!changed && next >= shape.onsetMs) {
        changed = true;
        chain = chainOf(shape.ratio, shape.burst);
      }
      failing = random() < (failing ? chain.stays : chain.begins);
      if (failing) errors += 1;
      else ok += 1;
    }
    return { ok, errors };
  };
}

/** The chances that a request fails, after one that failed and after one that did not. */
function chainOf(
  ratio: number,
  burst: number,
): { readonly stays: number; readonly begins: number } {
  if (ratio >= 1) return { stays: 1, begins: 1 };
  const length = Math.max(burst, 1 / (1 - ratio));
  return { stays: 1 - 1 / length, begins: ratio / (length * (1 - ratio)) };
}
