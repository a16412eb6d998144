/** The figures of a service as lines of a plot: one for each version, and a point for each step. */
import type { FigurePoint, VersionFigures } from "../../api/services.ts";
import { inOrderOfVersions } from "../version-colour.ts";
import type { Series } from "./geometry.ts";

export type Figure = (figures: VersionFigures) => number | null;

export const requestRate: Figure = ({ requestsPerSecond }) => requestsPerSecond;
export const errorRatio: Figure = ({ errorRatio: ratio }) => ratio;
export const slowest: Figure = ({ latencyMs }) => latencyMs?.p99 ?? null;

export function versionSeries(
  points: readonly FigurePoint[],
  versions: readonly string[],
  figure: Figure,
): readonly Series[] {
  const said = points.flatMap((point) => point.versions.map(({ version }) => version));
  const names = [...new Set([...versions, ...said])].sort(inOrderOfVersions);
  return names.map((name) => ({
    name,
    samples: points.map(({ atMs, versions: figures }) => {
      const found = figures.find(({ version }) => version === name);
      return { atMs, value: found === undefined ? null : figure(found) };
    }),
  }));
}
