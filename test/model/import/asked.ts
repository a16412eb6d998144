/** Words of which routes and requests are made: few, so that they meet. */
import fc from "fast-check";
import type { Asked } from "./their-routes.ts";

export const hosts = ["a.test", "b.test"] as const;
export const names = ["x-a", "x-b"] as const;
export const values = ["1", "2"] as const;
export const methods = ["GET", "POST", "PUT"] as const;
export const aHost = fc.constantFrom(...hosts);
export const aName = fc.constantFrom(...names);
export const aValue = fc.constantFrom(...values);
export const aMethod = fc.constantFrom(...methods);
export const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined, freq: 2 });

const few = (name: fc.Arbitrary<string>) =>
  fc.dictionary(name, fc.constantFrom(...values, "12", "x1"), {
    maxKeys: 2,
    noNullPrototype: true,
  });

export const anAsked: fc.Arbitrary<Asked> = fc.record({
  host: fc.constantFrom(...hosts, ...hosts, "in.a.test", "in9.a.test", "deep.in.a.test", "c.test"),
  path: fc.constantFrom("/", "/a", "/a/", "/a/b", "/ab", "/a/1", "/b", "/a/b/c"),
  method: fc.constantFrom(...methods),
  headers: few(aName),
  query: few(fc.constantFrom("q", "r")),
  cookies: few(fc.constant("k")),
});
