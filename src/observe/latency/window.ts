/**
 * How long requests to each version took, over all proxies, in the last seconds. What a proxy tells are
 * the requests since its message before, so they add up, and a proxy that starts again counts nothing
 * twice.
 */
import { type Buckets, quantile, type Scale } from "./quantile.ts";

export interface LatencyBounds {
  /** What is older counts no more, ms: a whole number of steps. */
  readonly windowMs: number;
  readonly stepMs: number;
  /** Versions of services. */
  readonly versions: number;
  /** Different bounds of buckets. */
  readonly scales: number;
}

/** Milliseconds within which half, and 99 of 100, of the last requests were answered. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Requests of one version that were told of in one step. */
interface Step {
  readonly at: number;
  readonly counts: Map<Scale, Float64Array>;
}

export class LatencyWindow {
  readonly #bounds: LatencyBounds;
  /** The oldest step of each is its first one. */
  readonly #versions = new Map<string, Step[]>();
  /** By their text: the same bounds are the same object. */
  readonly #scales = new Map<string, Scale>();
  #leftOut = 0;

  constructor(bounds: LatencyBounds) {
    this.#bounds = bounds;
  }

  /** Histograms that had no room when they came. */
  get leftOut(): number {
    return this.#leftOut;
  }

  add(version: string, { scale, counts }: Buckets, atMs: number): void {
    const at = this.#stepAt(atMs);
    const same = this.#scale(scale);
    const steps = same && this.#steps(version, at);
    if (same === undefined || steps === undefined) {
      this.#leftOut += 1;
      return;
    }
    this.#letGo(steps, at);
    const last = steps.at(-1);
    const step = last?.at === at ? last : { at, counts: new Map<Scale, Float64Array>() };
    if (step !== last) steps.push(step);
    addTo(step.counts, same, counts);
  }

  /** Undefined: nothing is known of requests in the window. */
  of(version: string, nowMs: number): Latency | undefined {
    const steps = this.#versions.get(version);
    if (steps === undefined) return undefined;
    this.#letGo(steps, this.#stepAt(nowMs));
    const all = new Map<Scale, Float64Array>();
    for (const { counts } of steps) for (const [scale, of] of counts) addTo(all, scale, of);
    const buckets = Array.from(all, ([scale, counts]) => ({ scale, counts }));
    const p50 = quantile(buckets, 0.5);
    const p99 = quantile(buckets, 0.99);
    return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
  }

  #stepAt(ms: number): number {
    return Math.floor(ms / this.#bounds.stepMs);
  }

  #letGo(steps: Step[], now: number): void {
    const { windowMs, stepMs } = this.#bounds;
    const kept = steps.findIndex(({ at }) => at > now - windowMs / stepMs);
    steps.splice(0, kept < 0 ? steps.length : kept);
  }

  #scale(scale: Scale): Scale | undefined {
    const text = scale.join();
    const known = this.#scales.get(text);
    if (known !== undefined || this.#scales.size >= this.#bounds.scales) return known;
    this.#scales.set(text, scale);
    return scale;
  }

  #steps(version: string, now: number): Step[] | undefined {
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const { versions } = this.#bounds;
    if (this.#versions.size >= versions) this.#forget(now);
    if (this.#versions.size >= versions) return undefined;
    const steps: Step[] = [];
    this.#versions.set(version, steps);
    return steps;
  }

  /** What is over makes room. */
  #forget(now: number): void {
    for (const [version, steps] of this.#versions) {
      this.#letGo(steps, now);
      if (steps.length === 0) this.#versions.delete(version);
    }
  }
}

function addTo(counts: Map<Scale, Float64Array>, scale: Scale, more: ArrayLike<number>): void {
  const sums = counts.get(scale) ?? new Float64Array(scale.length + 1);
  counts.set(scale, sums);
  for (let index = 0; index < sums.length; index += 1) {
    sums[index] = (sums[index] ?? 0) + (more[index] ?? 0);
  }
}
