/** What proxies report of themselves, on its way to where it is summed up. */
import { limits } from "../config/limits.ts";
import type { XdsCallbacks } from "../index.ts";
import type { Clock } from "../lib/clock.ts";
import { LatencyWindow } from "../observe/latency/window.ts";
import { LoadTally } from "../observe/load/tally.ts";
import { VerdictBoard } from "../observe/verdict/board.ts";
import { FigureSteps } from "./figure-steps.ts";
import { withLatency } from "./latency-intake.ts";
import { withTally } from "./load-intake.ts";
import { withVerdicts } from "./verdict-intake.ts";

export interface ReportSums {
  readonly tally: LoadTally;
  readonly board: VerdictBoard;
  readonly latency: LatencyWindow;
  readonly figures: FigureSteps;
}

/** `onStep`: figures were taken. */
export function reportSums(clock: Clock, onStep: () => void): ReportSums {
  const tally = new LoadTally(limits.load);
  const latency = new LatencyWindow(limits.latency);
  const figures = new FigureSteps({
    clock,
    tally,
    latency: (cluster) => latency.of(cluster, clock.monotonicMs()),
    onStep,
  });
  return { tally, latency, figures, board: new VerdictBoard(limits.verdict) };
}

/** The callbacks of an observer, each after the sums. */
export function withReports(
  observer: XdsCallbacks,
  { tally, board, latency, figures }: ReportSums,
  clock: Clock,
): XdsCallbacks {
  const counted: XdsCallbacks = {
    ...observer,
    loadReported(event) {
      figures.poke();
      observer.loadReported?.(event);
    },
  };
  return withLatency(withVerdicts(withTally(counted, tally, clock), board, clock), latency, clock);
}
