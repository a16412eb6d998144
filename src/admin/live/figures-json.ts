import type { ServiceFiguresJson, VersionFigures } from "../../api/services.ts";
import type { LoadFigures, VersionPoint } from "../../observe/load/figures.ts";

/** Figures, and what `atMs` of their points is by the wall clock: that many milliseconds later. */
export interface FiguresView {
  readonly figures: LoadFigures;
  readonly stepMs: number;
  readonly wallAheadMs: number;
}

export function figuresJson(service: string, view: FiguresView): ServiceFiguresJson {
  const { figures, stepMs, wallAheadMs } = view;
  const points = figures.points(service).map(({ atMs, versions }) => ({
    atMs: Math.round(atMs + wallAheadMs),
    versions: versions.map(versionFigures),
  }));
  return { stepMs, points };
}

/** Of the last step: those of `versions` first, in their order, and what else was counted. */
export function latestFigures(
  service: string,
  versions: readonly string[],
  { figures }: Pick<FiguresView, "figures">,
): readonly VersionFigures[] {
  const points = figures.latest(service)?.versions ?? [];
  const found = new Map(points.map((point) => [point.version, versionFigures(point)]));
  const names = new Set([...versions, ...found.keys()]);
  return [...names].map((version) => found.get(version) ?? withoutReports(version));
}

const withoutReports = (version: string): VersionFigures => ({
  version,
  requestsPerSecond: 0,
  errorsPerSecond: 0,
  errorRatio: null,
  latencyMs: null,
  inProgress: 0,
  ageMs: null,
});

function versionFigures(point: VersionPoint): VersionFigures {
  const { version, requestsPerSecond, errorsPerSecond, inProgress, latency, ageMs } = point;
  return {
    version,
    requestsPerSecond: rounded(requestsPerSecond),
    errorsPerSecond: rounded(errorsPerSecond),
    errorRatio:
      requestsPerSecond === 0 ? null : rounded(Math.min(1, errorsPerSecond / requestsPerSecond)),
    latencyMs:
      latency === undefined ? null : { p50: rounded(latency.p50), p99: rounded(latency.p99) },
    inProgress,
    ageMs: ageMs === undefined ? null : Math.round(ageMs),
  };
}

/** Three decimals: more is noise of the clock. */
const rounded = (number: number): number => Math.round(number * 1_000) / 1_000;
