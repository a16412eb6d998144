/**
 * Whether a condition holds, where of each figure only an interval is known: true or false when it
 * is so wherever in its interval each figure lies, otherwise unknown (Kleene's strong logic of
 * three values). https://plato.stanford.edu/entries/logic-manyvalued/
 */
import type { Comparison, Condition, ConditionNode, Interval, Truth } from "./condition.ts";

/** Undefined: nothing is known of the figure. */
export type Figures = (figure: string) => Interval | undefined;

export const evaluate = ({ root }: Condition, figures: Figures): Truth => truthOf(root, figures);

/** The figures that a condition asks for, each once, in order; `""` is `result` itself. */
export function figuresIn({ root }: Condition): readonly string[] {
  const names = new Set<string>();
  const visit = (node: ConditionNode): void => {
    if (node.kind === "compare") names.add(node.figure);
    else if (node.kind === "not") visit(node.of);
    else node.of.forEach(visit);
  };
  visit(root);
  return [...names];
}

function truthOf(node: ConditionNode, figures: Figures): Truth {
  switch (node.kind) {
    case "compare": {
      const known = figures(node.figure);
      return known === undefined ? "unknown" : comparisons[node.by](known, node.bound);
    }
    case "not":
      return negated[truthOf(node.of, figures)];
    case "all":
      return decided(node.of, figures, "false");
    case "any":
      return decided(node.of, figures, "true");
  }
}

const negated = { true: "false", false: "true", unknown: "unknown" } as const;

/** One part that is `decisive` decides; else one that is unknown leaves it open. */
function decided(
  parts: readonly ConditionNode[],
  figures: Figures,
  decisive: "true" | "false",
): Truth {
  const truths = parts.map((part) => truthOf(part, figures));
  if (truths.includes(decisive)) return decisive;
  return truths.includes("unknown") ? "unknown" : negated[decisive];
}

type Compare = (known: Interval, bound: number) => Truth;

const above: Compare = ({ low, high }, bound) => {
  if (low > bound) return "true";
  return high <= bound ? "false" : "unknown";
};

const atLeast: Compare = ({ low, high }, bound) => {
  if (low >= bound) return "true";
  return high < bound ? "false" : "unknown";
};

const equal: Compare = ({ low, high }, bound) => {
  if (low === bound && high === bound) return "true";
  return low > bound || high < bound ? "false" : "unknown";
};

const comparisons: Readonly<Record<Comparison, Compare>> = {
  ">": above,
  ">=": atLeast,
  "<": (known, bound) => negated[atLeast(known, bound)],
  "<=": (known, bound) => negated[above(known, bound)],
  "==": equal,
  "!=": (known, bound) => negated[equal(known, bound)],
};
