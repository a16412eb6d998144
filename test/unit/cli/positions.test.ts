import { describe, expect, it } from "vitest";
import { positionIn, stepsOf } from "../../../src/cli/positions.ts";

const at = (text: string, path: string, steps: readonly (string | number)[] = []) => {
  const position = positionIn({ source: Buffer.from(text), line: 1, steps }, path);
  return position && `${position.line}:${position.column}`;
};

describe("the steps of a path", () => {
  it.each([
    ["", []],
    ["rules[0].backendRefs[12].weight", ["rules", 0, "backendRefs", 12, "weight"]],
    ['labels["a b"].x', ["labels", "a b", "x"]],
    ['labels["say \\"hi\\""]', ["labels", 'say "hi"']],
    ["typed_config.@type", ["typed_config", "@type"]],
  ])("%s", (path, steps) => {
    expect(stepsOf(path)).toEqual(steps);
  });
});

describe("the position of a field", () => {
  const text = "a:\n  - b: 1\n    'c d': { e: 2 }\n  - &x { f: 3 }\n  - *x\n";

  it.each([
    ["a", "1:1"],
    ["a[0].b", "2:5"],
    ['a[0]["c d"].e', "3:14"],
    ["a[2].f", "4:10"],
    ["a[0].missing.too", "2:5"],
    ["nothing", "1:1"],
  ])("%s is at %s", (path, position) => {
    expect(at(text, path)).toBe(position);
  });

  it("is found below a key, in a list, and in the long form", () => {
    expect(at("x/y:\n  a: 1\n", "a", ["x/y"])).toBe("2:3");
    expect(at('{"items": [\n{"value": {"a": 1}}]}', "a", ["items", 0, "value"])).toBe("2:12");
    expect(at("kind: A\nspec:\n  a: 1\n", "a")).toBe("3:3");
    expect(at("kind: A\nspec:\n  a: 1\n", "spec.a")).toBe("3:3");
  });

  it("knows names in camel case, and those that were cut short", () => {
    expect(at("x: 1\nconnectTimeout: 0s\n", "connect_timeout")).toBe("2:1");
    expect(at(`x: 1\n${"long".repeat(30)}: 1\n`, `${"long".repeat(10)}…`)).toBe("2:1");
  });

  it("of what is no YAML is where it ceases to be", () => {
    expect(at("a: 1\nb: [\n", "")).toBe("3:1");
  });

  it("is not looked for in texts too long for YAML", () => {
    expect(at(`a: ${"x".repeat(3_000_000)}`, "a")).toBeUndefined();
  });
});
