/**
 * What `result.x` means in a condition. Of load reports: `ratio5xx`, which is not known better than
 * its Wilson interval; `requests`, `errors` and `inProgress`, which are counted; and every figure
 * that backends report with their answers, as its mean. Of other providers: `result`, the number
 * that they gave.
 */
import type { Condition, Interval } from "../../lib/condition/condition.ts";
import { type Figures, figuresIn } from "../../lib/condition/evaluate.ts";
import { requestsOf, type SubsetSignal } from "../../observe/load/signal.ts";
import { type Measured, subsetOf } from "./measured.ts";
import { figureName } from "./phrases.ts";
import { wilsonInterval } from "./wilson.ts";

/** How sure, and of how many, a rule wants to be. */
export interface Rigour {
  readonly confidence: number;
  readonly minRequests: number;
}

export function figuresOf(measured: Measured, rigour: Rigour): Figures {
  switch (measured.kind) {
    case "requests":
      return (figure) => ofSignal(measured.signal, rigour, figure);
    case "value":
      return (figure) => (figure === "" ? point(measured.value) : undefined);
    case "unavailable":
      return () => undefined;
  }
}

function ofSignal(signal: SubsetSignal, rigour: Rigour, figure: string): Interval | undefined {
  switch (figure) {
    case "ratio5xx":
      return wilsonInterval(signal.counts, rigour.confidence);
    case "requests":
      return point(requestsOf(signal.counts));
    case "errors":
      return point(signal.counts.errors);
    case "inProgress":
      return point(signal.inProgress);
    default:
      return meanOf(signal, rigour, figure);
  }
}

/** The spread of a reported figure is not known, so its mean counts only if it is one of enough. */
function meanOf(signal: SubsetSignal, rigour: Rigour, figure: string): Interval | undefined {
  const sum = signal.metrics.get(figure);
  if (sum === undefined || sum.count === 0 || sum.count < rigour.minRequests) return undefined;
  return point(sum.total / sum.count);
}

const point = (value: number): Interval | undefined =>
  Number.isFinite(value) ? { low: value, high: value } : undefined;

/** A condition that asks for what is not there is never decided; the sentence says what that is. */
export function missingFigure(
  measured: Measured,
  rigour: Rigour,
  condition: Condition,
): string | undefined {
  const figures = figuresOf(measured, rigour);
  const missing = figuresIn(condition).find((figure) => figures(figure) === undefined);
  if (missing === undefined) return undefined;
  const name = `${subsetOf(measured)}: no data, \`${figureName(missing)}\` is not known`;
  if (measured.kind === "requests") {
    return `${name}: it is not reported for ${Math.max(1, rigour.minRequests)} requests or more`;
  }
  if (missing === "") return `${name}: it is not a number`;
  return `${name}: the provider gives one number, \`result\``;
}
