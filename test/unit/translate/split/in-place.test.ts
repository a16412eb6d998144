import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denominator } from "../../../../src/translate/split/apportion.ts";
import { inPlace, type Part, type Placed } from "../../../../src/translate/split/in-place.ts";

const same = (a: string, b: string): boolean => a === b;

/** Who gets the user at `bucket`, as Envoy walks the list. */
function at(list: readonly Placed<string>[], bucket: number): string {
  let sum = 0;
  for (const { target, weight } of list) {
    sum += weight;
    if (bucket < sum) return target;
  }
  return "nobody";
}

const names = ["a", "b", "c", "d"] as const;
const weights = fc.tuple(...names.map(() => fc.integer({ min: 0, max: 100 })));
const alive = (list: readonly number[]): readonly Part<string>[] =>
  names.map((target, i) => ({ target, weight: list[i] ?? 0, receiver: target }));

describe("a part that takes no traffic", () => {
  const which = fc.nat(names.length - 1);
  const standIn = fc.option(fc.constantFrom(...names), { nil: undefined });

  it("moves its own users, and nobody else", () => {
    fc.assert(
      fc.property(
        weights,
        which,
        standIn,
        fc.nat(denominator - 1),
        (list, dead, receiver, bucket) => {
          const before = inPlace(alive(list), same);
          const parts = alive(list).map((part, i) => (i === dead ? { ...part, receiver } : part));
          const after = inPlace(parts, same);
          fc.pre(before !== undefined && after !== undefined && receiver !== names[dead]);
          const was = at(before ?? [], bucket);
          const is = at(after ?? [], bucket);
          if (was !== names[dead]) expect(is).toBe(was);
          else if (receiver !== undefined) expect(is).toBe(receiver);
        },
      ),
    );
  });

  it("keeps the sum, and a place for everybody", () => {
    fc.assert(
      fc.property(weights, which, standIn, (list, dead, receiver) => {
        const parts = alive(list).map((part, i) => (i === dead ? { ...part, receiver } : part));
        const placed = inPlace(parts, same);
        fc.pre(placed !== undefined);
        expect((placed ?? []).reduce((sum, { weight }) => sum + weight, 0)).toBe(denominator);
        expect(new Set(placed?.map(({ target }) => target))).toEqual(new Set(names));
      }),
    );
  });

  it("is nobody's where nobody takes traffic", () => {
    expect(inPlace([{ target: "a", weight: 1, receiver: undefined }], same)).toBeUndefined();
    expect(inPlace([{ target: "a", weight: 0, receiver: "a" }], same)).toBeUndefined();
  });
});
