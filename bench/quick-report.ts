/** What `npm run bench:quick` prints: each count, the most that it may be, and whether it is no more. */
import { short } from "./statistics.ts";
import { markdown } from "./tables.ts";

export interface Guard {
  readonly title: string;
  readonly value: number;
  readonly most: number;
}

export const isBroken = ({ value, most }: Guard): boolean => !(value <= most);

export interface Sizes {
  readonly streams: readonly number[];
  readonly clusters: readonly number[];
}

export function quickReport(
  guards: readonly Guard[],
  { streams, clusters }: Sizes,
  seconds: number,
): readonly string[] {
  const rows = guards.map((guard) => [
    guard.title,
    short(guard.value),
    short(guard.most),
    isBroken(guard) ? "BROKEN" : "ok",
  ]);
  const broken = guards.filter(isBroken).length;
  const verdict =
    broken === 0
      ? `All ${guards.length} are within their bounds`
      : `${broken} of ${guards.length} are BROKEN`;
  return [
    `Incremental ADS without sockets: ${joined(streams)} streams, ${joined(clusters)} clusters.`,
    "",
    ...markdown(["per change", "is", "most", "verdict"], rows),
    "",
    `${verdict} (${Math.round(seconds)} s). What is counted: bench/README.md.`,
  ];
}

const joined = (counts: readonly number[]): string => counts.map(short).join(" and ");
