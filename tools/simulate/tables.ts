/** The tables that `npm run simulate` prints, in Markdown. */
import type { Guard } from "../../src/model/guard.ts";
import type { AnalysisMetric } from "../../src/model/rollout.ts";
import { repeated, type Times, timesOf } from "./cells.ts";
import { provenOf } from "./comparison-run.ts";
import { tripOf } from "./guard-run.ts";
import type { TrafficShape } from "./traffic.ts";

export interface Simulation {
  readonly runs: number;
  readonly seed: number;
  readonly minutes: number;
  readonly reportMs: number;
  /** Requests per second to the canary. */
  readonly rates: readonly number[];
  /** Shares of its requests that fail. */
  readonly ratios: readonly number[];
  /** Mean length of a row of failures. */
  readonly bursts: readonly number[];
  readonly guard: Guard;
  readonly comparison: AnalysisMetric;
  /** The stable version gets so many times the canary's requests. */
  readonly stableTimes: number;
}

/** The share that fails of a version that is well, and before a late onset. */
const background = 0.01;

/**
 * A row for each rate and share, from the start; shares above the background also from the middle.
 */
export function guardTable(simulation: Simulation, burst: number): readonly string[] {
  const { runs, seed, reportMs, guard } = simulation;
  const lengthMs = simulation.minutes * 60_000;
  return [
    ...head("canary requests/s", ["errors", "from", "tripped", ...times]),
    ...simulation.rates.flatMap((perSecond) =>
      casesOf(simulation).map(({ ratio, onsetMs }) => {
        const traffic: TrafficShape = {
          perSecond,
          ratio,
          ratioBefore: background,
          onsetMs,
          burst,
        };
        const scene = `guard ${perSecond} ${ratio} ${onsetMs} ${burst}`;
        const found = repeated(runs, seed, scene, (random) =>
          tripOf({ guard, traffic, reportMs, lengthMs }, random),
        );
        const told = timesOf(found, onsetMs);
        const early = told.early > 0 ? ` (and ${share(told.early, runs)} before)` : "";
        return row([
          String(perSecond),
          percentOf(ratio),
          onsetMs === 0 ? "the start" : `minute ${onsetMs / 60_000}`,
          share(told.late, runs) + early,
          ...cellsOf(told),
        ]);
      }),
    ),
  ];
}

interface Case {
  readonly ratio: number;
  readonly onsetMs: number;
}

function casesOf({ ratios, minutes }: Simulation): readonly Case[] {
  const halfMs = Math.round(minutes / 2) * 60_000;
  return [
    ...ratios.map((ratio) => ({ ratio, onsetMs: 0 })),
    ...ratios.filter((ratio) => ratio > background).map((ratio) => ({ ratio, onsetMs: halfMs })),
  ];
}

export function comparisonTable(simulation: Simulation, burst: number): readonly string[] {
  const { runs, seed, reportMs, comparison, stableTimes } = simulation;
  const lengthMs = simulation.minutes * 60_000;
  const steady = (perSecond: number, ratio: number): TrafficShape => ({
    perSecond,
    ratio,
    ratioBefore: ratio,
    onsetMs: 0,
    burst,
  });
  return [
    ...head("canary requests/s", ["errors", "found worse", ...times, "found not worse", ...times]),
    ...simulation.rates.flatMap((perSecond) =>
      simulation.ratios.map((ratio) => {
        const scene = {
          metric: comparison,
          canary: steady(perSecond, ratio),
          stable: steady(perSecond * stableTimes, background),
          reportMs,
          lengthMs,
        };
        const named = `comparison ${perSecond} ${ratio} ${burst}`;
        const found = repeated(runs, seed, named, (random) => provenOf(scene, random));
        const worse = timesOf(
          found.map(({ failedMs }) => failedMs),
          0,
        );
        const notWorse = timesOf(
          found.map(({ successfulMs }) => successfulMs),
          0,
        );
        return row([
          String(perSecond),
          percentOf(ratio),
          share(worse.late, runs),
          ...cellsOf(worse),
          share(notWorse.late, runs),
          ...cellsOf(notWorse),
        ]);
      }),
    ),
  ];
}

const times = ["median", "95 of 100", "worst"] as const;

const cellsOf = ({ medianMs, p95Ms, worstMs }: Times): readonly string[] =>
  [medianMs, p95Ms, worstMs].map((ms) => (ms === undefined ? "" : `${ms / 1000} s`));

const percentOf = (ratio: number): string => `${Number((ratio * 100).toPrecision(6))} %`;

const share = (count: number, runs: number): string =>
  percentOf(Math.round((count / runs) * 1000) / 1000);

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const head = (first: string, others: readonly string[]): readonly string[] => [
  row([first, ...others]),
  row([first, ...others].map(() => "---:")),
];
