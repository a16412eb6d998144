import { expect, it } from "vitest";
import { SecondsRing } from "../../../../src/observe/load/seconds-ring.ts";

const one = { first: 1, second: 10 };

it("sums what was added to the last seconds, in any order, and forgets the rest", () => {
  const ring = new SecondsRing(5);
  for (const second of [-3, -1, 0, -1, 1]) ring.add(second, one);
  expect(ring.newest).toBe(1);
  expect(ring.sum(1, 1)).toEqual(one);
  expect(ring.sum(1, 3)).toEqual({ first: 4, second: 40 });
  expect(ring.sum(1, 5)).toEqual({ first: 5, second: 50 });
  expect(ring.sum(1, 99)).toEqual({ first: 5, second: 50 });
  ring.add(3, one);
  expect(ring.sum(3, 5)).toEqual({ first: 5, second: 50 });
  ring.add(10, one);
  expect(ring.sum(10, 5)).toEqual(one);
});

it("does not take what is older than its memory for something newer", () => {
  const ring = new SecondsRing(5);
  ring.add(10, one);
  ring.add(5, one);
  ring.add(6, one);
  expect(ring.sum(10, 5)).toEqual({ first: 2, second: 20 });
  expect(ring.newest).toBe(10);
});
