/**
 * Requests of each version over the last minutes, in steps, for people who watch a release. Pure; times are
 * monotonic. It is made from the sums of this process's proxies, and kept whether or not anybody looks, so
 * that whoever comes has the past too.
 */
import type { Latency } from "../latency/window.ts";
import { PointRing } from "./point-ring.ts";
import type { ClusterTotals } from "./tally.ts";
import { type VersionName, versionName } from "./version-name.ts";

export interface FigureBounds {
  readonly figureStepMs: number;
  readonly figurePoints: number;
  readonly figureVersions: number;
}

/** What is known of the requests of a version at one step. */
export interface VersionPoint {
  readonly version: string;
  /** That ended in the step. */
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly inProgress: number;
  /** ms; undefined: not known. */
  readonly latency: Latency | undefined;
  /** Since the proxy that had been silent for longest was heard, ms; undefined: nobody reports. */
  readonly ageMs: number | undefined;
}

export interface FiguresPoint {
  readonly atMs: number;
  readonly versions: readonly VersionPoint[];
}

/** Sums since some time before, that only grow; a smaller one has begun anew. */
type CountedCluster = Omit<ClusterTotals, "metrics">;

export interface StepInput {
  readonly counts: Iterable<CountedCluster>;
  readonly oldestAtMs: number | undefined;
  /** undefined: not known. */
  latency(cluster: string): Latency | undefined;
}

interface Series {
  readonly ring: PointRing;
  ok: number;
  errors: number;
  /** The last step that counted it. */
  step: number;
}

interface Step {
  readonly atMs: number;
  readonly ageMs: number | undefined;
}

export class LoadFigures {
  readonly #bounds: FigureBounds;
  /** By service, and name of the version. */
  readonly #services = new Map<string, Map<string, Series>>();
  /** The last ones, in order. */
  readonly #steps: Step[] = [];
  #step = 0;
  #series = 0;
  #leftOut = 0;

  constructor(bounds: FigureBounds) {
    this.#bounds = bounds;
  }

  /** Versions that the last step found no room for. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Whether the last step counted no version. */
  get isIdle(): boolean {
    return this.#series === 0;
  }

  /** Services with a version that the last step counted. */
  services(): Iterable<string> {
    return this.#services.keys();
  }

  /** Everything that came since the last step. */
  step(input: StepInput, nowMs: number): void {
    const { figureStepMs, figurePoints } = this.#bounds;
    // After a rest, nobody knows when the steps before were.
    if (this.isIdle) this.#steps.length = 0;
    const sinceMs = nowMs - (this.#steps.at(-1)?.atMs ?? nowMs - figureStepMs);
    const ageMs = input.oldestAtMs === undefined ? undefined : nowMs - input.oldestAtMs;
    const wereLeftOut = this.#leftOut > 0;
    this.#step += 1;
    this.#leftOut = 0;
    this.#steps.push({ atMs: nowMs, ageMs });
    if (this.#steps.length > figurePoints) this.#steps.shift();
    for (const counted of input.counts) {
      const name = versionName(counted.cluster);
      if (name === undefined) continue;
      const series = this.#seriesOf(name, wereLeftOut ? counted : noCounts);
      if (series === undefined) this.#leftOut += 1;
      else this.#write(series, counted, input.latency(counted.cluster), sinceMs);
    }
    this.#forget();
  }

  /** Oldest first. A version stands in those points alone in which it was known. */
  points(service: string): readonly FiguresPoint[] {
    const series = [...(this.#services.get(service) ?? [])];
    const first = this.#step - this.#steps.length + 1;
    return this.#steps.map((step, index) => ({
      atMs: step.atMs,
      versions: series.flatMap(([version, { ring }]) =>
        pointOf(version, ring, first + index, step),
      ),
    }));
  }

  /** The last point; undefined before the first. */
  latest(service: string): FiguresPoint | undefined {
    const step = this.#steps.at(-1);
    if (step === undefined) return undefined;
    const series = [...(this.#services.get(service) ?? [])];
    const versions = series.flatMap(([version, { ring }]) =>
      pointOf(version, ring, this.#step, step),
    );
    return { atMs: step.atMs, versions };
  }

  #write(
    series: Series,
    { ok, errors, inProgress }: CountedCluster,
    latency: Latency | undefined,
    sinceMs: number,
  ): void {
    const since = (now: number, before: number): number => (now < before ? now : now - before);
    const seconds = Math.max(1, sinceMs) / 1_000;
    const failed = since(errors, series.errors);
    const all = since(ok, series.ok) + failed;
    series.ring.write(this.#step, {
      requestsPerSecond: all / seconds,
      errorsPerSecond: failed / seconds,
      inProgress,
      latency,
    });
    Object.assign(series, { ok, errors, step: this.#step });
  }

  /** `before`: what it is known to have had before this step. */
  #seriesOf({ service, subset }: VersionName, before: SeriesCounts): Series | undefined {
    const known = this.#services.get(service)?.get(subset);
    if (known !== undefined || this.#series >= this.#bounds.figureVersions) return known;
    const made = {
      ring: new PointRing(this.#bounds.figurePoints),
      ok: before.ok,
      errors: before.errors,
      step: this.#step,
    };
    const versions = this.#services.get(service) ?? new Map<string, Series>();
    this.#services.set(service, versions.set(subset, made));
    this.#series += 1;
    return made;
  }

  /** What is no longer counted was idle for longer than anybody looks back. */
  #forget(): void {
    for (const [service, versions] of this.#services) {
      for (const [name, { step }] of versions) {
        if (step === this.#step) continue;
        versions.delete(name);
        this.#series -= 1;
      }
      if (versions.size === 0) this.#services.delete(service);
    }
  }
}

type SeriesCounts = Pick<CountedCluster, "ok" | "errors">;

const noCounts: SeriesCounts = { ok: 0, errors: 0 };

function pointOf(
  version: string,
  ring: PointRing,
  at: number,
  { ageMs }: Step,
): readonly VersionPoint[] {
  const point = ring.read(at);
  return point === undefined ? [] : [{ version, ...point, ageMs }];
}
