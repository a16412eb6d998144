/** The parts of the sentences that a judgement is told in: times, shares, figures and rules. */
import type { Comparison, Condition, ConditionNode, Truth } from "../../lib/condition/condition.ts";

/** `120 s`, `1.5 s`. */
export const duration = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** As somebody wrote it: `5 %`, `0.25 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(9))} %`;

/** A number as long as it needs to be: `712`, `7.25`. */
export const amount = (value: number): string => String(Number(value.toPrecision(6)));

/**
 * A proven bound in per cent, without the sign: rounded to its safe side, so that no sentence
 * claims more than was proven.
 */
export function boundInPercent(share: number, towards: "down" | "up"): number {
  const steps = Math.abs(share) < 0.1 ? 100 : 10;
  const scaled = share * 100 * steps;
  // What is exactly on a step stays there, whatever rounding does.
  return (towards === "down" ? Math.floor(scaled + 1e-9) : Math.ceil(scaled - 1e-9)) / steps;
}

/** `result.queue`, `result["queue length"]`, `result`. */
export function figureName(figure: string): string {
  if (figure === "") return "result";
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(figure)
    ? `result.${figure}`
    : `result["${figure}"]`;
}

type Compared = Extract<ConditionNode, { readonly kind: "compare" }>;

/** A condition that is one comparison of the error ratio: it can be told in words. */
export const ratioRule = ({ root }: Condition): Compared | undefined =>
  root.kind === "compare" && root.figure === "ratio5xx" ? root : undefined;

const words: Readonly<Record<Comparison, { readonly is: string; readonly isNot: string }>> = {
  "<": { is: "less than", isNot: "not less than" },
  "<=": { is: "not more than", isNot: "more than" },
  ">": { is: "more than", isNot: "not more than" },
  ">=": { is: "not less than", isNot: "less than" },
  "==": { is: "exactly", isNot: "not exactly" },
  "!=": { is: "not exactly", isNot: "exactly" },
};

const outcomes = { true: "holds", false: "does not hold", unknown: "is not proven" } as const;

/**
 * `more than 5 %`, `not more than 5 %`, `more than 5 % is not proven`; else the condition as
 * written.
 */
export function ruleText(condition: Condition, truth: Truth): string {
  const ratio = ratioRule(condition);
  if (ratio === undefined) return `\`${shortened(condition.text)}\` ${outcomes[truth]}`;
  const { is, isNot } = words[ratio.by];
  const bound = percent(ratio.bound);
  if (truth === "unknown") return `${is} ${bound} ${outcomes.unknown}`;
  return `${truth === "true" ? is : isNot} ${bound}`;
}

/** Characters of a condition that a sentence repeats. */
const repeatedChars = 120;

function shortened(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > repeatedChars ? `${line.slice(0, repeatedChars - 1)}…` : line;
}
