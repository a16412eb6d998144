import { describe, expect, it } from "vitest";
import { formatsOf } from "../../../src/web/format.ts";

const en = formatsOf("en", "UTC");
const zh = formatsOf("zh", "UTC");

describe("formats", () => {
  it("have as many digits as one can use", () => {
    expect([en.rate(3.26), en.rate(1_234.5)]).toEqual(["3.3", "1,235"]);
    expect([en.percent(0.05), en.percent(12.34), en.percent(100)]).toEqual([
      "0.05 %",
      "12.3 %",
      "100 %",
    ]);
    expect([en.ms(4.26), en.ms(48.2)]).toEqual(["4.3 ms", "48 ms"]);
  });

  it("show what is not known as a dash", () => {
    expect([en.ratio(null), en.ms(null)]).toEqual(["–", "–"]);
  });

  it("say ages in their largest unit", () => {
    expect([400, 4_000, 200_000, 7_300_000, 200_000_000].map(en.age)).toEqual([
      "0s",
      "4s",
      "3m",
      "2h",
      "2d",
    ]);
    expect(zh.age(4_000)).toBe("4秒");
  });

  it("say times as the language does", () => {
    const at = Date.UTC(2026, 10, 30, 22, 40, 5);
    expect([en.time(at), en.minute(at), zh.minute(at)]).toEqual(["22:40:05", "22:40", "22:40"]);
    expect(en.moment(new Date(at).toISOString())).toContain("30 Nov 2026");
    expect(zh.moment(new Date(at).toISOString())).toContain("2026年11月30日");
  });
});
