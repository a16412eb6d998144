/**
 * What was seen and what it proves, in one sentence for an operator: counts, look-back, bound and
 * rule.
 */
import type { Condition, Interval, Truth } from "../../lib/condition/condition.ts";
import { figuresIn } from "../../lib/condition/evaluate.ts";
import { type Counts, requestsOf } from "../../observe/load/signal.ts";
import { figuresOf, type Rigour } from "./figures.ts";
import { type Measured, subsetOf } from "./measured.ts";
import {
  amount,
  boundInPercent,
  duration,
  figureName,
  percent,
  ratioRule,
  ruleText,
} from "./phrases.ts";

/** A condition with what came of it. */
export interface Finding {
  readonly condition: Condition;
  readonly truth: Truth;
}

/** `9 of 24 requests failed in 120 s`. */
export const failures = (counts: Counts, lookbackMs: number): string =>
  `${counts.errors} of ${requestsOf(counts)} requests failed in ${duration(lookbackMs)}`;

/** `v2: 9 of 24 requests failed in 120 s (at least 18.9 % with 99 %), more than 5 %`. */
export function evidenceText(
  measured: Measured,
  rigour: Rigour & { readonly lookbackMs: number },
  findings: readonly Finding[],
): string {
  const figures = figuresOf(measured, rigour);
  const asked = [...new Set(findings.flatMap(({ condition }) => figuresIn(condition)))];
  const counted =
    measured.kind === "requests" ? [failures(measured.signal.counts, rigour.lookbackMs)] : [];
  const others = asked
    .filter((figure) => !toldByCounts.includes(figure))
    .map((figure) => `${figureName(figure)} is ${known(figures(figure))}`);
  const ratio = asked.includes("ratio5xx") ? figures("ratio5xx") : undefined;
  const bound = ratio === undefined ? "" : ` (${ratioBound(ratio, rigour.confidence, findings)})`;
  const rules = findings.map(({ condition, truth }) => ruleText(condition, truth));
  const seen = [...counted, ...others].join(", ") + bound;
  return `${subsetOf(measured)}: ${[seen, ...rules].filter(Boolean).join(", ")}`;
}

const toldByCounts: readonly string[] = ["ratio5xx", "requests", "errors"];

/** Figures other than the ratio are points. */
const known = (interval: Interval | undefined): string =>
  interval === undefined ? "unknown" : amount(interval.low);

/** The end of the interval that decided, or both. */
function ratioBound(
  { low, high }: Interval,
  confidence: number,
  findings: readonly Finding[],
): string {
  const atLeast = `${boundInPercent(low, "down")} %`;
  const atMost = `${boundInPercent(high, "up")} %`;
  const sure = percent(confidence);
  switch (decidingEnd(findings)) {
    case "low":
      return `at least ${atLeast} with ${sure}`;
    case "high":
      return `at most ${atMost} with ${sure}`;
    case "both":
      return `${atLeast} to ${atMost}, each end with ${sure}`;
  }
}

function decidingEnd(findings: readonly Finding[]): "low" | "high" | "both" {
  const [only, ...others] = findings;
  if (only === undefined || others.length > 0 || only.truth === "unknown") return "both";
  const by = ratioRule(only.condition)?.by;
  if (by === undefined || by === "==" || by === "!=") return "both";
  return (by === ">" || by === ">=") === (only.truth === "true") ? "low" : "high";
}
