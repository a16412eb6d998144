import fc from "fast-check";
import type { Comparison, ConditionNode } from "../../../../src/lib/condition/condition.ts";

/** A tree as text; parentheses where the tree needs them, and around comparisons after a `!`. */
export function printed(node: ConditionNode): string {
  switch (node.kind) {
    case "compare":
      return `${printedFigure(node.figure)} ${node.by} ${node.bound}`;
    case "not":
      return `!(${printed(node.of)})`;
    case "all":
      return node.of.map(inside).join(" && ");
    case "any":
      return node.of.map(inside).join(" || ");
  }
}

const inside = (node: ConditionNode): string =>
  node.kind === "all" || node.kind === "any" ? `(${printed(node)})` : printed(node);

function printedFigure(figure: string): string {
  if (figure === "") return "result";
  return /^[A-Za-z_]\w*$/.test(figure) ? `result.${figure}` : `result["${figure}"]`;
}

export const comparisons: readonly Comparison[] = ["<", "<=", ">", ">=", "==", "!="];

const bound = fc
  .oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => value + 0);

/** Trees over these figures, of every kind, a few levels deep. */
export const treesOver = (figures: readonly string[]): fc.Arbitrary<ConditionNode> =>
  fc.letrec<{ tree: ConditionNode }>((tie) => {
    const compare = fc.record({
      kind: fc.constant("compare" as const),
      figure: fc.constantFrom(...figures),
      by: fc.constantFrom(...comparisons),
      bound,
    });
    const several = fc.array(tie("tree"), { minLength: 2, maxLength: 4 });
    return {
      tree: fc.oneof(
        { maxDepth: 4, depthIdentifier: "condition" },
        compare,
        fc.record({ kind: fc.constant("all" as const), of: several }),
        fc.record({ kind: fc.constant("any" as const), of: several }),
        fc.record({ kind: fc.constant("not" as const), of: tie("tree") }),
      ),
    };
  }).tree;
