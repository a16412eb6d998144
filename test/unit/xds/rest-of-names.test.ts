import { describe, expect, it } from "vitest";
import { RestOfNames } from "../../../src/xds/rest-of-names.ts";

const names = ["a", "b", "ba", "c"];

describe("the rest of a list of names", () => {
  it("is a set of those after the first", () => {
    const rest = new RestOfNames(names, 1);
    expect([...rest]).toEqual(["b", "ba", "c"]);
    expect(new Set(rest)).toEqual(new Set(["b", "ba", "c"]));
    expect(rest.size).toBe(3);
    expect(["", "a", "b", "ba", "bb", "c", "d"].filter((name) => rest.has(name))).toEqual([
      "b",
      "ba",
      "c",
    ]);
    expect([...rest.entries()][0]).toEqual(["b", "b"]);
    const seen: string[] = [];
    rest.forEach((name) => {
      seen.push(name);
    });
    expect(seen).toEqual([...rest.keys()]);
  });

  it("gets shorter from the front, and stays what it was for others", () => {
    const rest = new RestOfNames(names, 2);
    expect(rest.first).toBe("ba");
    expect([...rest.others]).toEqual(["c"]);
    expect(rest.others.others.first).toBeUndefined();
    expect(rest.others.others.others.size).toBe(0);
    expect(rest.others.others.has("c")).toBe(false);
    expect(rest.size).toBe(2);
  });
});
