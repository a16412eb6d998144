/**
 * A condition on figures, as `successCondition` and `failureCondition` have it: comparisons of figures with
 * numbers, joined by `&&`, `||`, `!` and parentheses, `result.ratio5xx > 0.05 && result.requests >= 100`.
 * A figure is `result`, or `result.<name>`, or `result["<name>"]`.
 */
export interface Condition {
  /** As it was written. */
  readonly text: string;
  readonly root: ConditionNode;
}

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

export type ConditionNode =
  /** `figure` is what follows `result.`; empty for `result` itself. */
  | {
      readonly kind: "compare";
      readonly figure: string;
      readonly by: Comparison;
      readonly bound: number;
    }
  | { readonly kind: "all"; readonly of: readonly ConditionNode[] }
  | { readonly kind: "any"; readonly of: readonly ConditionNode[] }
  | { readonly kind: "not"; readonly of: ConditionNode };

/**
 * What is known of a figure: it lies between the two, for certain or with the confidence that was asked
 * for. A counted figure has both the same.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A condition on intervals may be undecided. */
export type Truth = "true" | "false" | "unknown";
