/** Many runs of the same scene, told in a few numbers. */
import { seededRandom } from "../../test/support/seeded-random.ts";

export interface Times {
  readonly runs: number;
  /** Runs in which it happened, before the onset and after it. */
  readonly early: number;
  readonly late: number;
  /** From the onset, ms, of those after it; undefined: there are none. */
  readonly medianMs: number | undefined;
  readonly p95Ms: number | undefined;
  readonly worstMs: number | undefined;
}

/** Each run has its own seed, so that a run is the same however many others there are. */
export function repeated<T>(
  runs: number,
  seed: number,
  scene: string,
  run: (random: () => number) => T,
): readonly T[] {
  return Array.from({ length: runs }, (_, index) =>
    run(seededRandom(mixed(`${seed} ${scene} ${index}`))),
  );
}

/** FNV-1a. http://www.isthe.com/chongo/tech/comp/fnv/ */
function mixed(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

export function timesOf(found: readonly (number | undefined)[], onsetMs: number): Times {
  const happened = found.filter((atMs) => atMs !== undefined);
  const after = happened
    .filter((atMs) => atMs > onsetMs)
    .map((atMs) => atMs - onsetMs)
    .toSorted((a, b) => a - b);
  return {
    runs: found.length,
    early: happened.length - after.length,
    late: after.length,
    medianMs: quantile(after, 0.5),
    p95Ms: quantile(after, 0.95),
    worstMs: after.at(-1),
  };
}

/** The smallest value that so large a share of all is not above. */
const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
