/**
 * Over which time a comparison looks back. The sequential test is right about counts since one
 * fixed moment, but those of a long time hide what began a minute ago. So the test begins anew
 * every half look-back and is looked at until it is a whole look-back old. The tests share the
 * chance of a false alarm, 1/2, 1/6, 1/12, 1/20 and so on of it, which is all of it together,
 * however long the analysis takes. This costs little: the evidence that is needed rises with the
 * logarithm.
 */
import type { AnalysisMetric } from "../../model/rollout.ts";

export interface ComparisonWindow {
  /** From the beginning of the test to now. */
  readonly lookbackMs: number;
  /** The chance of a false alarm that this test may use up. */
  readonly alpha: number;
}

export function comparisonWindow(
  { lookbackMs, confidence }: Pick<AnalysisMetric, "lookbackMs" | "confidence">,
  elapsedMs: number,
): ComparisonWindow {
  const half = lookbackMs / 2;
  const begun = Math.max(0, Math.floor(elapsedMs / half) - 1);
  return {
    lookbackMs: elapsedMs - begun * half,
    alpha: (1 - confidence) / ((begun + 1) * (begun + 2)),
  };
}
