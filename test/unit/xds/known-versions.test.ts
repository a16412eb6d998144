import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KnownIndex } from "../../../src/xds/known-versions.ts";
import { knownVersions } from "../../support/known-versions.ts";
import { EDS, resource } from "./driver.ts";

const compare = (
  present: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
) => {
  const resources = Object.entries(present).map(([name, version]) =>
    resource(EDS, name, "", { version }),
  );
  const { stale, adds, others } = new KnownIndex(resources).compare(knownVersions(known));
  return { stale: stale.map(({ name }) => name), adds, others };
};

describe("what a reconnecting delta proxy says it holds", () => {
  it.each([
    ["all of it", { a: "1", b: "2" }, { b: "2", a: "1" }, [], false, []],
    ["an old version", { a: "1", b: "2" }, { a: "1", b: "1" }, ["b"], false, []],
    ["less", { a: "1", b: "2" }, { a: "1" }, ["b"], true, []],
    ["more", { a: "1" }, { a: "1", gone: "1" }, [], false, ["gone"]],
    ["nothing", { a: "1" }, {}, ["a"], true, []],
    ["a version that only begins alike", { a: "12" }, { a: "1" }, ["a"], false, []],
    ["no version", { a: "1" }, { a: "" }, ["a"], false, []],
  ] as const)("%s", (_what, present, known, stale, adds, others) => {
    expect(compare(present, known)).toEqual({ stale, adds, others });
  });

  it("counts the last of two entries with one name, and no name twice", () => {
    const twice = (first: string, second: string) =>
      Buffer.concat([knownVersions({ a: first }), knownVersions({ a: second })]);
    const index = new KnownIndex(
      ["a", "b"].map((name) => resource(EDS, name, "", { version: "1" })),
    );
    const stale = (known: Uint8Array) => index.compare(known).stale.map(({ name }) => name);
    expect(stale(twice("1", "1"))).toEqual(["b"]);
    expect(stale(twice("1", "0"))).toEqual(["a", "b"]);
    expect(stale(twice("0", "1"))).toEqual(["b"]);
  });

  it("agrees with a comparison by maps", () => {
    const name = fc.constantFrom("a", "b", "ab", "é", "costarring", "liquid", "x".repeat(40));
    const set = fc.dictionary(name, fc.constantFrom("1", "2", "12"), { noNullPrototype: true });
    fc.assert(
      fc.property(set, set, (present, known) => {
        const got = compare(present, known);
        const names = Object.keys(present);
        expect(got.stale).toEqual(names.filter((each) => known[each] !== present[each]));
        expect(got.adds).toBe(names.some((each) => known[each] === undefined));
        expect(new Set(got.others)).toEqual(
          new Set(Object.keys(known).filter((each) => present[each] === undefined)),
        );
      }),
    );
  });
});
