import { describe, expect, it } from "vitest";
import {
  indexedMap,
  joinedMap,
  mappedMap,
  patchedMap,
} from "../../../src/translate/layered-map.ts";

const letters = new Map([
  ["a", 1],
  ["b", 2],
  ["c", 3],
]);

/** Every way to read a map gives what a Map of the same entries gives. */
function expectLike(map: ReadonlyMap<string, number>, like: ReadonlyMap<string, number>): void {
  expect(new Map(map)).toEqual(like);
  expect([...map.entries()]).toEqual([...like]);
  expect([...map.keys()]).toEqual([...like.keys()]);
  expect([...map.values()]).toEqual([...like.values()]);
  expect(map.size).toBe(like.size);
  const seen: [string, number][] = [];
  map.forEach((value, key) => void seen.push([key, value]));
  expect(seen).toEqual([...like]);
  for (const key of ["a", "b", "c", "d", "e"]) {
    expect(map.get(key)).toBe(like.get(key));
    expect(map.has(key)).toBe(like.has(key));
  }
}

describe("layered maps", () => {
  it("an indexed map reads as the map it was made from", () => {
    expectLike(indexedMap(letters), letters);
    expectLike(indexedMap(new Map()), new Map());
  });

  it("a patch replaces values, and leaves the patched map and its order alone", () => {
    const map = indexedMap(letters);
    expectLike(patchedMap(map, new Map([["b", 7]])), new Map(letters).set("b", 7));
    expectLike(map, letters);
  });

  it("a patch of what is there already, or of nothing, gives the map itself", () => {
    const map = indexedMap(letters);
    expect(patchedMap(map, new Map([["b", 2]]))).toBe(map);
    expect(patchedMap(map, new Map())).toBe(map);
  });

  it("a mapped map has other values under the same keys", () => {
    const doubled = new Map([...letters].map(([key, value]) => [key, 2 * value]));
    expectLike(
      mappedMap(indexedMap(letters), (value) => 2 * value),
      doubled,
    );
  });

  it("joined maps have the entries of both", () => {
    const rest = new Map([["d", 4]]);
    expectLike(joinedMap(indexedMap(letters), rest), new Map([...letters, ...rest]));
  });
});
