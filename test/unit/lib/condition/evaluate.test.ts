import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  Comparison,
  ConditionNode,
  Interval,
} from "../../../../src/lib/condition/condition.ts";
import { evaluate, figuresIn } from "../../../../src/lib/condition/evaluate.ts";
import { parseCondition } from "../../../../src/lib/condition/parse.ts";
import { printed, treesOver } from "./printed.ts";

const names = ["a", "b", "c"] as const;

const condition = (root: ConditionNode) => ({ text: printed(root), root });

function truth(text: string, known: Readonly<Record<string, Interval>>): string {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return evaluate(parsed.value, (figure) => known[figure]);
}

/** Two values, one number for each figure: what the language means. */
const byBoolean: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function plain(node: ConditionNode, values: Readonly<Record<string, number>>): boolean {
  switch (node.kind) {
    case "compare":
      return byBoolean[node.by](values[node.figure] ?? Number.NaN, node.bound);
    case "not":
      return !plain(node.of, values);
    case "all":
      return node.of.every((part) => plain(part, values));
    case "any":
      return node.of.some((part) => plain(part, values));
  }
}

const place = fc.integer({ min: -4, max: 4 });
const places = fc.record({ a: place, b: place, c: place });

describe("a condition on intervals", () => {
  const low = { low: 1, high: 3 };

  it.each([
    ["result > 0", "true"],
    ["result > 1", "unknown"],
    ["result > 2", "unknown"],
    ["result > 3", "false"],
    ["result >= 1", "true"],
    ["result >= 3", "unknown"],
    ["result >= 4", "false"],
    ["result < 1", "false"],
    ["result < 3", "unknown"],
    ["result < 4", "true"],
    ["result <= 0", "false"],
    ["result <= 1", "unknown"],
    ["result <= 3", "true"],
    ["result == 0", "false"],
    ["result == 1", "unknown"],
    ["result != 4", "true"],
    ["result != 2", "unknown"],
    ["!(result > 0)", "false"],
    ["!(result > 2)", "unknown"],
    ["result > 2 && result > 3", "false"],
    ["result > 2 && result > 0", "unknown"],
    ["result > 2 || result > 0", "true"],
    ["result > 2 || result > 3", "unknown"],
    ["result > 0 && result < 4", "true"],
    ["result.other > 0", "unknown"],
    ["result.other > 0 || result > 0", "true"],
    ["result.other > 0 && result > 3", "false"],
  ])("on 1 to 3: %s is %s", (text, expected) => {
    expect(truth(text, { "": low })).toBe(expected);
  });

  it("knows a counted figure exactly", () => {
    expect(truth("result == 2", { "": { low: 2, high: 2 } })).toBe("true");
    expect(truth("result != 2", { "": { low: 2, high: 2 } })).toBe("false");
  });

  it("takes what is no number for unknown", () => {
    const nothing = { low: Number.NaN, high: Number.NaN };
    for (const by of Object.keys(byBoolean)) {
      expect(truth(`result ${by} 0`, { "": nothing })).toBe("unknown");
    }
  });

  it("agrees with plain booleans where every figure is a point", () => {
    fc.assert(
      fc.property(treesOver(names), places, (root, values) => {
        const figures = (figure: string): Interval | undefined => {
          const value = values[figure as (typeof names)[number]];
          return { low: value, high: value };
        };
        expect(evaluate(condition(root), figures)).toBe(String(plain(root, values)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is true or false only where it is so at every point", () => {
    fc.assert(
      fc.property(treesOver(names), places, places, places, (root, one, other, at) => {
        const interval = (name: (typeof names)[number]): Interval => ({
          low: Math.min(one[name], other[name], at[name]),
          high: Math.max(one[name], other[name], at[name]),
        });
        const said = evaluate(condition(root), (name) => interval(name as (typeof names)[number]));
        if (said !== "unknown") expect(said).toBe(String(plain(root, at)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("never changes its mind when more is known", () => {
    fc.assert(
      fc.property(treesOver(names), places, places, fc.boolean(), (root, one, other, hides) => {
        const wide = (name: string): Interval | undefined => {
          const key = name as (typeof names)[number];
          if (hides && key === "a") return undefined;
          return { low: Math.min(one[key], other[key]), high: Math.max(one[key], other[key]) };
        };
        const before = evaluate(condition(root), wide);
        const after = evaluate(condition(root), (name) => {
          const value = one[name as (typeof names)[number]];
          return { low: value, high: value };
        });
        if (before !== "unknown") expect(after).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it("tells which figures it asks for", () => {
    const parsed = parseCondition("result.b > 1 && !(result > 2 || result.b < 3)");
    expect(parsed.ok && figuresIn(parsed.value)).toEqual(["b", ""]);
  });
});
