import { describe, expect, it } from "vitest";
import { plainText, tableText } from "../../../src/cli/table.ts";
import { fitted } from "../../../src/cli/terminal.ts";
import { textWidth } from "../../../src/cli/text-width.ts";

describe("the width of a text", () => {
  it("is two columns for East Asian characters and emoji, and none for marks", () => {
    const widths = [
      ["web/v1", 6],
      ["灰度发布", 8],
      ["ﾊﾝｶｸ", 4],
      ["カナ、。", 8],
      ["한글", 4],
      ["é", 1],
      ["e\u0301", 1],
      ["𠮷", 2],
      ["🚀 v2", 5],
      ["a\u200bb", 2],
      ["…─█", 3],
    ] as const;
    expect(widths.map(([text]) => [text, textWidth(text)])).toEqual(widths);
  });

  it("keeps the columns of a table in line", () => {
    const text = tableText([
      ["WHY", "AT"],
      ["灰度发布 v2", "\u001b[32m12\u001b[0m"],
      ["slow", "7"],
    ]);
    expect(text).toBe("WHY          AT\n灰度发布 v2  \u001b[32m12\u001b[0m\nslow         7\n");
  });

  it("bounds a line at a terminal, and cuts no character in two", () => {
    const lines = ["灰度发布 v2", "🚀🚀🚀🚀🚀", "plain text", "𠮷𠮷𠮷𠮷𠮷"];
    for (let columns = 1; columns < 12; columns += 1) {
      for (const line of lines) {
        const cut = fitted(line, columns);
        expect(textWidth(cut), `${line} at ${columns}`).toBeLessThanOrEqual(columns);
        expect(cut, `${line} at ${columns}`).not.toMatch(/\p{Cs}/u);
      }
    }
    expect(fitted("灰度发布", 5)).toBe("灰度…");
  });
});

describe("a text of others", () => {
  it("neither steers a terminal nor turns what is behind it around", () => {
    expect(plainText("a\u001b[31mb\u202ec\u2066d\u2028e\nf")).toBe("a [31mb c d e f");
    expect(plainText("灰度 é 👍")).toBe("灰度 é 👍");
  });
});
