import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { parseJsonPath } from "../../../src/observe/json-path.ts";

const { jsonPathChars, jsonPathSteps } = limits.provider;

describe("a JSON path", () => {
  it.each([
    ["$", []],
    ["$.a", ["a"]],
    ["$.a.b[0]", ["a", "b", 0]],
    ["$[12][3].x_y-z1", [12, 3, "x_y-z1"]],
    [`$["5xx rate"]['a.b'].größe`, ["5xx rate", "a.b", "größe"]],
    ['$[""]', [""]],
    [`$${"[0]".repeat(jsonPathSteps)}`, Array.from({ length: jsonPathSteps }, () => 0)],
  ])("%s leads so", (text, path) => {
    expect(parseJsonPath(text)).toEqual({ ok: true, value: path });
  });

  it.each([
    ["", 'a JSON path begins with "$", as in $.a.b[0]'],
    ["a.b", 'a JSON path begins with "$", as in $.a.b[0]'],
    ["$a", 'at character 2 of the JSON path, expected .name, [0] or ["name"]'],
    ["$.a..b", 'at character 4 of the JSON path, expected .name, [0] or ["name"]'],
    ["$.a[*]", 'at character 4 of the JSON path, expected .name, [0] or ["name"]'],
    ["$.a[-1]", 'at character 4 of the JSON path, expected .name, [0] or ["name"]'],
    ["$.5xx", 'at character 2 of the JSON path, expected .name, [0] or ["name"]'],
    ["$.a ", 'at character 4 of the JSON path, expected .name, [0] or ["name"]'],
    [
      `$${"[0]".repeat(jsonPathSteps + 1)}`,
      `a JSON path has at most ${jsonPathSteps} steps, and not ${jsonPathSteps + 1}`,
    ],
    [
      `$.${"a".repeat(jsonPathChars)}`,
      `a JSON path has at most ${jsonPathChars} characters, and not ${jsonPathChars + 2}`,
    ],
  ])("%s is refused", (text, error) => {
    expect(parseJsonPath(text)).toEqual({ ok: false, error });
  });

  it("is read as it was written, and never throws", () => {
    const word = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,5}$/);
    const step = fc.oneof(word, fc.nat(999_999_999));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (path) => {
        const text = path.map((one) => (typeof one === "number" ? `[${one}]` : `.${one}`));
        expect(parseJsonPath(`$${text.join("")}`)).toEqual({ ok: true, value: path });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void parseJsonPath(`$${text}`)));
  });
});
