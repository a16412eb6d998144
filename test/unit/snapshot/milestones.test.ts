import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Generations, Milestones } from "../../../src/snapshot/milestones.ts";
import { CDS, RDS } from "./resources.ts";

const at = (cds: number, rds = 1): Generations =>
  new Map([
    [CDS, cds],
    [RDS, rds],
  ]);

function followed(most: number, steps: readonly (readonly [number, number, number])[]): Milestones {
  const milestones = new Milestones(most);
  for (const [revision, before, after] of steps) {
    milestones.add({ revision: BigInt(revision), before: at(before), generations: at(after) });
  }
  return milestones;
}

describe("milestones", () => {
  it("take no room for revisions that changed nothing", () => {
    const idle = Array.from({ length: 1_000 }, (_, i) => [3 + i, 2, 2] as const);
    const milestones = followed(2, [[1, 0, 1], [2, 1, 2], ...idle]);
    expect(milestones.revision).toBe(1_002n);
    expect(milestones.at(1n)).toMatchObject({ before: at(0), generations: at(1) });
    expect(milestones.at(2n)).toMatchObject({ before: at(1), generations: at(2) });
  });

  it("know that a revision in between changed nothing itself", () => {
    const milestones = followed(8, [
      [1, 0, 1],
      [2, 1, 1],
      [5, 1, 1],
      [9, 1, 2],
    ]);
    for (const revision of [2n, 4n, 5n]) {
      expect(milestones.at(revision)).toMatchObject({ before: at(1), generations: at(1) });
    }
    expect(milestones.at(6n)).toMatchObject({ before: at(1), generations: at(2) });
    expect(milestones.at(10n)).toBeUndefined();
  });

  it("begin anew where other content comes at a revision that changed nothing so far", () => {
    const milestones = followed(8, [
      [1, 0, 1],
      [5, 1, 1],
      [5, 1, 2],
    ]);
    expect(milestones.at(4n)).toMatchObject({ generations: at(1) });
    expect(milestones.at(5n)).toMatchObject({ before: at(1), generations: at(2) });
  });

  it("take the same revision once more for one step with the first", () => {
    const milestones = followed(8, [
      [1, 0, 1],
      [2, 1, 2],
      [2, 2, 3],
      [2, 3, 3],
    ]);
    expect(milestones.at(2n)).toMatchObject({ before: at(1), generations: at(3) });
  });

  it("forget what came later in a history that went back", () => {
    const milestones = followed(8, [
      [10, 0, 1],
      [20, 1, 1],
      [15, 1, 2],
    ]);
    expect(milestones.revision).toBe(15n);
    expect(milestones.at(14n)).toMatchObject({ generations: at(1) });
    expect(milestones.at(15n)).toMatchObject({ generations: at(2) });
    expect(milestones.at(16n)).toBeUndefined();
    expect(
      followed(8, [
        [10, 0, 1],
        [20, 1, 1],
        [15, 1, 1],
      ]).revision,
    ).toBe(15n);
  });

  it("answer as a list of every revision does, in any history", () => {
    const step = fc.record({ rise: fc.integer({ min: -3, max: 3 }), changes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const milestones = new Milestones(1_000);
        /** Every step that is still in the history. */
        let all: { revision: bigint; generation: number }[] = [];
        let revision = 100n;
        let generation = 0;
        for (const { rise, changes } of steps) {
          const before = at(generation);
          revision += BigInt(rise);
          generation += changes ? 1 : 0;
          milestones.add({ revision, before, generations: at(generation) });
          all = all.filter((each) => each.revision < revision);
          all.push({ revision, generation });
        }
        expect(milestones.revision).toBe(all.at(-1)?.revision);
        for (const asked of all) {
          const found = milestones.at(asked.revision);
          expect(found?.generations).toEqual(at(asked.generation));
        }
        expect(milestones.at(revision + 1n)).toBeUndefined();
      }),
    );
  });
});
