/** Takes the figures of requests, step by step while there are any, from what this process's proxies report. */
import type { FiguresView } from "../admin/live/figures-json.ts";
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { Latency } from "../observe/latency/window.ts";
import { LoadFigures } from "../observe/load/figures.ts";
import type { LoadTally } from "../observe/load/tally.ts";

export interface FigureStepsOptions {
  readonly clock: Clock;
  readonly tally: Pick<LoadTally, "counts" | "oldestAtMs">;
  /** Of the last requests to a cluster; undefined: not known. */
  readonly latency: (cluster: string) => Latency | undefined;
  readonly onStep: () => void;
}

export class FigureSteps {
  readonly #options: FigureStepsOptions;
  readonly #figures = new LoadFigures(limits.live);
  /** Undefined: there is nothing to count. */
  #cancel: (() => void) | undefined;

  constructor(options: FigureStepsOptions) {
    this.#options = options;
  }

  /** A proxy has reported. */
  poke(): void {
    this.#cancel ??= this.#later();
  }

  view(): FiguresView {
    const { clock } = this.#options;
    const wallAheadMs = clock.wallMs() - clock.monotonicMs();
    return { figures: this.#figures, stepMs: limits.live.figureStepMs, wallAheadMs };
  }

  close(): void {
    this.#cancel?.();
  }

  #later(): () => void {
    return this.#options.clock.after(limits.live.figureStepMs, () => {
      this.#step();
      this.#cancel = this.#figures.isIdle ? undefined : this.#later();
    });
  }

  #step(): void {
    const { clock, tally, latency, onStep } = this.#options;
    const nowMs = clock.monotonicMs();
    const input = { counts: tally.counts(), oldestAtMs: tally.oldestAtMs(nowMs), latency };
    this.#figures.step(input, nowMs);
    onStep();
  }
}
