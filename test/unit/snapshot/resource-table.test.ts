import { describe, expect, it } from "vitest";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { presence, ResourceTable, setVersion } from "../../../src/snapshot/resource-table.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";

const typeUrl = typeUrls.cluster;

const make = (name: string, text: string, wildcard = true): Resource =>
  makeResource({ typeUrl, name, any: Buffer.from(text), wildcard });

const put = (table: ResourceTable, ...puts: readonly Resource[]): readonly string[] =>
  table.write({ puts, deletes: [] });

const remove = (table: ResourceTable, ...deletes: readonly string[]): readonly string[] =>
  table.write({ puts: [], deletes });

describe("write", () => {
  it("reports real changes only, and counts a generation only for those", () => {
    const table = new ResourceTable(typeUrl, 100);
    expect(put(table, make("a", "1"), make("b", "1"))).toEqual(["a", "b"]);
    expect(table.generation).toBe(1);
    expect(put(table, make("a", "1"), make("b", "2"))).toEqual(["b"]);
    expect(put(table, make("a", "1"))).toEqual([]);
    expect(remove(table, "no such")).toEqual([]);
    expect(table.generation).toBe(2);
    expect(remove(table, "a")).toEqual(["a"]);
    expect(table.size).toBe(1);
  });

  it("sees a change of visibility, and of bytes under the same version", () => {
    const table = new ResourceTable(typeUrl, 100);
    put(table, make("a", "1"));
    expect(put(table, make("a", "1", false))).toEqual(["a"]);
    const own = (text: string) =>
      makeResource({ typeUrl, name: "b", any: Buffer.from(text), version: "mine" });
    put(table, own("1"));
    expect(put(table, own("2"))).toEqual(["b"]);
  });

  it("takes the new object though its bytes are equal", () => {
    const table = new ResourceTable(typeUrl, 100);
    put(table, make("a", "1"));
    const again = { ...make("a", "1"), origins: ["elsewhere"] };
    put(table, again);
    expect(table.get("a")).toBe(again);
  });

  it("refuses a resource of another type", () => {
    const table = new ResourceTable(typeUrls.route, 100);
    expect(() => put(table, make("a", "1"))).toThrow("bug");
  });
});

describe("changedSince", () => {
  it("tells each changed name once, with its presence at that generation", () => {
    const table = new ResourceTable(typeUrl, 100);
    put(table, make("a", "1"), make("hidden", "1", false));
    const since = table.generation;
    put(table, make("a", "2"), make("new", "1"));
    put(table, make("a", "3"), make("hidden", "1", true));
    remove(table, "new");
    expect(table.changedSince(since)).toEqual([
      { name: "a", before: "wildcard" },
      { name: "new", before: "absent" },
      { name: "hidden", before: "named" },
    ]);
    expect(table.changedSince(0)?.map(({ before }) => before)).toEqual(Array(3).fill("absent"));
    expect(table.changedSince(table.generation)).toEqual([]);
  });

  it("does not know what was trimmed, but all that came after, whatever the limit", () => {
    for (const limit of [0, 1, 2, 3, 5, 8]) {
      const table = new ResourceTable(typeUrl, limit);
      const written: string[][] = [[]];
      for (let i = 0; i < 40; i += 1) {
        const names = Array.from({ length: 1 + (i % 3) }, (_, k) => `r${(i + k) % 7}`);
        put(table, ...names.map((name) => make(name, `${i}`)));
        written.push(names);
        for (let since = 0; since <= table.generation; since += 1) {
          const changes = table.changedSince(since)?.map(({ name }) => name);
          const expected = new Set(written.slice(since + 1).flat());
          if (changes !== undefined) expect(new Set(changes)).toEqual(expected);
          if (changes !== undefined) expect(changes).toHaveLength(expected.size);
        }
        const log = written.slice(-Math.floor(limit / 6) - 1).flat();
        if (log.length * 2 < limit) expect(table.changedSince(table.generation - 1)).toBeDefined();
      }
      expect(table.changedSince(0)).toBeUndefined();
      expect(table.changedSince(-1)).toBeUndefined();
    }
  });

  it("keeps at least half of the limit", () => {
    const table = new ResourceTable(typeUrl, 10);
    for (let i = 0; i < 100; i += 1) {
      put(table, make("a", `${i}`));
      if (i > 5)
        expect(table.changedSince(table.generation - 4)).toEqual([
          { name: "a", before: "wildcard" },
        ]);
    }
  });
});

describe("versions", () => {
  it("are equal for equal content, whatever came before and in which order", () => {
    const [one, other] = [new ResourceTable(typeUrl, 9), new ResourceTable(typeUrl, 9)];
    put(one, make("a", "1"), make("b", "1"));
    put(other, make("b", "1"), make("a", "0"), make("c", "1"));
    put(other, make("a", "1"));
    expect(other.wildcardVersion()).not.toBe(one.wildcardVersion());
    remove(other, "c");
    expect(other.wildcardVersion()).toBe(one.wildcardVersion());
  });

  it("leave out what a wildcard does not see", () => {
    const table = new ResourceTable(typeUrl, 9);
    put(table, make("a", "1"));
    const before = table.wildcardVersion();
    put(table, make("hidden", "1", false));
    expect(table.wildcardVersion()).toBe(before);
    put(table, make("hidden", "1", true));
    expect(table.wildcardVersion()).not.toBe(before);
  });

  it("of a set differ by name and content", () => {
    const sets = [[], [make("a", "1")], [make("b", "1")], [make("a", "2")]];
    expect(new Set(sets.map(setVersion)).size).toBe(sets.length);
  });
});

describe("a version of the user's", () => {
  const given = (name: string, content: string, version: string) =>
    makeResource({ typeUrl, name, any: Buffer.from(content), version });

  it("is that of a set where all have it", () => {
    expect(setVersion([given("a", "1", "v7"), given("b", "1", "v7")])).toBe("v7");
    const mixed = [
      [given("a", "1", "v7"), given("b", "1", "v8")],
      [given("a", "1", "v7"), make("b", "1")],
    ];
    for (const set of mixed) expect(setVersion(set)).toMatch(/^[\w-]{11}$/);
    expect(setVersion([make("a", "1")])).not.toBe(make("a", "1").version);
  });

  it("does not hide a change of the content, nor the content one of the version", () => {
    const table = new ResourceTable(typeUrl, 9);
    put(table, given("a", "1", "v7"));
    expect(table.write({ puts: [given("a", "2", "v7")], deletes: [] })).toEqual(["a"]);
    expect([...table.reusedNames()]).toEqual(["a"]);
    expect(table.write({ puts: [given("a", "2", "v8")], deletes: [] })).toEqual(["a"]);
    expect([...table.reusedNames()]).toEqual([]);
    expect([...table.unprovenNames()]).toEqual(["a"]);
    expect(table.write({ puts: [given("a", "2", "v8")], deletes: [] })).toEqual([]);
    table.write({ puts: [], deletes: ["a"] });
    put(table, given("a", "3", "v8"));
    expect([...table.reusedNames()]).toEqual(["a"]);
    put(table, make("a", "2"));
    expect([...table.unprovenNames(), ...table.reusedNames()]).toEqual([]);
  });
});

it("presence says for whom a resource exists", () => {
  expect([undefined, make("a", "1", false), make("a", "1")].map(presence)).toEqual([
    "absent",
    "named",
    "wildcard",
  ]);
});
