import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everyRequest } from "../../../src/model/route.ts";
import { compareNatural } from "../../../src/translate/names.ts";
import { hostnameRank, intersectHostnames } from "../../../src/translate/route/hostname.ts";
import { comparePrecedence, type PlacedMatch } from "../../../src/translate/route/precedence.ts";
import { route } from "./states.ts";

describe("natural order", () => {
  it.each([
    ["v2", "v10"],
    ["v1.9", "v1.10"],
    ["v1", "v1-canary"],
    ["2026-9-1", "2026-10-1"],
    ["v01", "v1"],
    ["10", "v1"],
    ["v99999999999999999998", "v99999999999999999999"],
  ])("%s before %s", (first, second) => {
    expect(compareNatural(first, second)).toBeLessThan(0);
    expect(compareNatural(second, first)).toBeGreaterThan(0);
  });

  it("is total: only equal names compare as equal, and sorting does not depend on the start", () => {
    const name = fc.stringMatching(/^[a-c0-9.-]{1,8}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (names) => {
        const sorted = names.toSorted(compareNatural);
        expect(names.toReversed().toSorted(compareNatural)).toEqual(sorted);
        sorted.slice(1).forEach((each, i) => {
          expect(compareNatural(sorted[i] ?? "", each)).toBeLessThan(0);
        });
      }),
    );
  });
});

describe("hostnames", () => {
  it.each([
    ["*", "a.example", "a.example"],
    ["*", "*.example", "*.example"],
    ["*", "*", "*"],
    ["a.example", "a.example", "a.example"],
    ["a.example", "b.example", undefined],
    ["*.example", "a.example", "a.example"],
    ["*.example", "a.b.example", "a.b.example"],
    ["*.example", "example", undefined],
    ["*.example", "an-example", undefined],
    ["*.example", "*.b.example", "*.b.example"],
    ["*.example", "*.test", undefined],
  ])("%s and %s meet in %s", (a, b, both) => {
    expect(intersectHostnames(a, b)).toBe(both);
    expect(intersectHostnames(b, a)).toBe(both);
  });

  it("rank exact ones first, then longer wildcards", () => {
    const sorted = ["*", "*.example", "*.a.example", "x.test", "x.a.example"];
    expect(sorted.toSorted((a, b) => hostnameRank(a) - hostnameRank(b))).toEqual(sorted);
  });
});

describe("precedence", () => {
  const routes = [route("b", [], [], 1n), route("a", [], [], 2n), route("c", [], [], 2n)] as const;
  const place = (parts: Partial<PlacedMatch> & Pick<PlacedMatch, "match">): PlacedMatch => ({
    route: routes[0],
    rule: 0,
    index: 0,
    hostnameRank: 1,
    ...parts,
  });
  const at = (kind: "exact" | "prefix" | "regex", value: string, headers = 0) => ({
    ...everyRequest,
    path: { kind, value },
    headers: Array.from({ length: headers }, (_, i) => ({
      name: `x-${i}`,
      kind: "exact" as const,
      value: "1",
    })),
  });

  it("goes by host, path, headers, age, name, rule and match, in this order", () => {
    const inOrder = [
      place({ match: at("prefix", "/"), hostnameRank: 2, rule: 9 }),
      place({ match: at("exact", "/a/b"), route: routes[2] }),
      place({ match: at("exact", "/a") }),
      place({ match: at("regex", "/a.*") }),
      place({ match: at("regex", "/.*", 2) }),
      place({ match: at("prefix", "/a/b") }),
      place({ match: at("prefix", "/a", 2), route: routes[2] }),
      place({ match: at("prefix", "/a", 1), rule: 5 }),
      place({ match: at("prefix", "/a"), rule: 1 }),
      place({ match: at("prefix", "/a"), rule: 2, index: 0 }),
      place({ match: at("prefix", "/a"), rule: 2, index: 1 }),
      place({ match: at("prefix", "/a"), route: routes[1], rule: 3 }),
      place({ match: at("prefix", "/a"), route: routes[2], rule: 0 }),
    ];
    expect(inOrder.toReversed().toSorted(comparePrecedence)).toEqual(inOrder);
  });
});
