/** What has been counted of one version, second by second, as far back as anybody may look. */
import { limits } from "../../config/limits.ts";
import type { SubsetCounts } from "./replica-counts.ts";
import { SecondsRing } from "./seconds-ring.ts";
import type { Counts, MetricSum } from "./signal.ts";

const rememberedSeconds = Math.ceil(limits.load.lookbackMs / 1_000);

export const secondOf = (ms: number): number => Math.floor(ms / 1_000);

export interface Looked {
  readonly counts: Counts;
  readonly metrics: ReadonlyMap<string, MetricSum>;
}

export class SubsetWindow {
  readonly #counts = new SecondsRing(rememberedSeconds);
  readonly #metrics = new Map<string, SecondsRing>();

  get metricCount(): number {
    return this.#metrics.size;
  }

  /** Whether all of it is older than anybody may look back. */
  isOver(nowMs: number): boolean {
    const oldest = secondOf(nowMs) - rememberedSeconds;
    return [this.#counts, ...this.#metrics.values()].every(({ newest }) => newest <= oldest);
  }

  /**
   * Adds what was counted from `fromMs` to `toMs`. When within that time is not known: it is spread
   * evenly over the seconds, so that a value which comes late does not look like a burst. A figure that
   * is new needs room; returns how many have none.
   */
  add(counts: SubsetCounts, fromMs: number, toMs: number, takeRoom: () => boolean): number {
    const { ok, errors } = counts;
    const stretch = { last: secondOf(toMs), over: secondOf(toMs) - secondOf(fromMs) };
    if (ok + errors > 0) {
      spread(stretch, (second, part) => {
        this.#counts.add(second, { first: part(ok), second: part(errors) });
      });
    }
    let leftOut = 0;
    for (const [name, { count, total }] of counts.metrics) {
      if (count === 0) continue;
      const ring = this.#metrics.get(name) ?? (takeRoom() ? this.#newMetric(name) : undefined);
      if (ring === undefined) leftOut += 1;
      else {
        spread(stretch, (second, part) => {
          const here = part(count);
          ring.add(second, { first: here, second: (total / count) * here });
        });
      }
    }
    return leftOut;
  }

  /** Over the `count` seconds that end with `last`. */
  look(last: number, count: number): Looked {
    const { first: ok, second: errors } = this.#counts.sum(last, count);
    const metrics = new Map<string, MetricSum>();
    for (const [name, ring] of this.#metrics) {
      const { first, second } = ring.sum(last, count);
      if (first > 0) metrics.set(name, { count: first, total: second });
    }
    return { counts: { ok, errors }, metrics };
  }

  #newMetric(name: string): SecondsRing {
    const ring = new SecondsRing(rememberedSeconds);
    this.#metrics.set(name, ring);
    return ring;
  }
}

interface Stretch {
  readonly last: number;
  /** Seconds that end with `last`; within one second, it is that one. */
  readonly over: number;
}

/** Calls `add` for each second that is remembered; `part` gives whole numbers that sum up to all. */
function spread(
  { last, over }: Stretch,
  add: (second: number, part: (total: number) => number) => void,
): void {
  const seconds = Math.max(1, over);
  for (let at = Math.max(0, seconds - rememberedSeconds); at < seconds; at += 1) {
    add(
      last - seconds + 1 + at,
      (total) => upTo(total, at + 1, seconds) - upTo(total, at, seconds),
    );
  }
}

/** Of `total` in `seconds`, what belongs to the first `at` of them. */
const upTo = (total: number, at: number, seconds: number): number =>
  at === seconds ? total : Math.floor((total * at) / seconds);
