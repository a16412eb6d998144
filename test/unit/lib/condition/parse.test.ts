import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConditionNode } from "../../../../src/lib/condition/condition.ts";
import {
  conditionChars,
  conditionDepth,
  parseCondition,
} from "../../../../src/lib/condition/parse.ts";
import { printed, treesOver } from "./printed.ts";

const tree = (text: string): ConditionNode | string => {
  const parsed = parseCondition(text);
  return parsed.ok ? parsed.value.root : parsed.error;
};

const above = (figure: string, bound: number): ConditionNode => ({
  kind: "compare",
  figure,
  by: ">",
  bound,
});

describe("the text of a condition", () => {
  it.each([
    ["result > 1", above("", 1)],
    ["result.ratio5xx > 0.05", above("ratio5xx", 0.05)],
    ["  result.ratio5xx>5e-2\n", above("ratio5xx", 0.05)],
    ["result > -1", above("", -1)],
    ["result > .5", above("", 0.5)],
    ['result["queue-length"] > 3', above("queue-length", 3)],
    ["result['queue length'] > 3", above("queue length", 3)],
    ["result.named_metrics.queue > 3", above("named_metrics.queue", 3)],
    ["0.05 < result.ratio5xx", above("ratio5xx", 0.05)],
    ["((result > 1))", above("", 1)],
    ["!(result > 1)", { kind: "not", of: above("", 1) }],
    ["!!(result > 1)", { kind: "not", of: { kind: "not", of: above("", 1) } }],
  ])("%s", (text, root) => {
    expect(tree(text)).toEqual(root);
  });

  it("binds && before ||, and keeps parentheses", () => {
    const [a, b, c] = [above("a", 1), above("b", 2), above("c", 3)];
    expect(tree("result.a > 1 || result.b > 2 && result.c > 3")).toEqual({
      kind: "any",
      of: [a, { kind: "all", of: [b, c] }],
    });
    expect(tree("(result.a > 1 || result.b > 2) && result.c > 3")).toEqual({
      kind: "all",
      of: [{ kind: "any", of: [a, b] }, c],
    });
    expect(tree("result.a > 1 && result.b > 2 && result.c > 3")).toEqual({
      kind: "all",
      of: [a, b, c],
    });
  });

  it("is kept as it was written", () => {
    const parsed = parseCondition(" result>1 ");
    expect(parsed.ok && parsed.value.text).toBe(" result>1 ");
  });

  it.each([
    ["", "at character 1: expected `result`, `result.<name>` or a number, found the end"],
    ["result", "at character 7: expected one of <, <=, >, >=, ==, !=, found the end"],
    ["result > ", "at character 10: expected `result`, `result.<name>` or a number, found the end"],
    ["result.a > x", "at character 12: expected `result`, `result.<name>` or a number, found `x`"],
    [
      "resultat > 1",
      "at character 1: expected `result`, `result.<name>` or a number, found `resultat`",
    ],
    [
      "result > 0x10",
      "at character 10: expected `result`, `result.<name>` or a number, found `0x10`",
    ],
    ["result > 1e999", "at character 15: the number before is too large"],
    ["result > result", "at character 16: a comparison is of one figure with one number"],
    ["1 < 2", "at character 6: a comparison is of one figure with one number"],
    ["0 < result < 1", "at character 12: expected `&&`, `||` or the end, found `<`"],
    ["(result > 1", "at character 12: expected `&&`, `||` or `)`, found the end"],
    ["result > 1)", "at character 11: expected `&&`, `||` or the end, found `)`"],
    ["!result > 1", "at character 2: expected `(` after `!`, found `result`"],
    ["result > 1 💥", "at character 12: expected `&&`, `||` or the end, found `💥`"],
  ])("refuses `%s` in a sentence", (text, sentence) => {
    expect(tree(text)).toBe(sentence);
  });

  it.each([
    ["result[0] > 1", "without an index"],
    ["result > 5%", "0.05 for 5 %"],
    ["result > 1 and result < 2", "`&&`, `||` and `!`"],
    ["result > 1 & result < 2", "`&&` and `||`"],
    ["result = 1", "equality is `==`"],
  ])("knows what is meant by `%s`", (text, hint) => {
    expect(tree(text)).toContain(hint);
  });

  it("has bounds on length and depth", () => {
    expect(tree("result > 1".padEnd(conditionChars))).toEqual(above("", 1));
    expect(tree("result > 1".padEnd(conditionChars + 1))).toBe("more than 1024 characters");
    const nested = (levels: number, mark: string): string =>
      `${mark.repeat(levels)}result > 1${")".repeat(levels)}`;
    expect(tree(nested(conditionDepth, "("))).toEqual(above("", 1));
    expect(tree(nested(conditionDepth + 1, "("))).toContain("more than 32 levels");
    expect(tree(`${"!".repeat(conditionDepth + 1)}(result > 1)`)).toContain("more than 32 levels");
  });

  it("repeats little of what it refuses", () => {
    expect(String(tree(`result > ${"secret".repeat(50)}`)).length).toBeLessThan(120);
  });

  it("never throws", () => {
    const scraps = fc.constantFrom(
      "result",
      ".a",
      "[",
      '"x"',
      "]",
      "(",
      ")",
      "!",
      "=",
      ">",
      "<",
      "1",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.array(fc.oneof(scraps, fc.constantFrom("&&", "||", " ", "e9"))).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (any) => {
        expect(typeof parseCondition(any).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  it("gives back the tree that was printed", () => {
    const trees = treesOver(["", "ratio5xx", "a_b", "queue-length", "named.x y", "ö"]);
    fc.assert(
      fc.property(trees, (root) => {
        const text = printed(root);
        fc.pre(text.length <= conditionChars);
        expect(tree(text)).toEqual(root);
      }),
      { numRuns: 1_000 },
    );
  });
});
