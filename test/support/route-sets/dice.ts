/** Choices by a seeded random, for generators. */
import { seededRandom } from "../seeded-random.ts";

export interface Dice {
  /** True with this probability. */
  chance(probability: number): boolean;
  /** 0 to below `size`. */
  below(size: number): number;
  pick<T>(list: readonly [T, ...T[]] | readonly T[]): T;
  /** Different elements, in their order. */
  some<T>(list: readonly T[], least: number, most: number): readonly T[];
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  const below = (size: number): number => Math.floor(random() * size);
  return {
    chance: (probability) => random() < probability,
    below,
    pick: (list) => {
      if (list.length === 0) throw new Error("nothing to pick from");
      return list[below(list.length)] as (typeof list)[number];
    },
    some: (list, least, most) => {
      const count = Math.min(list.length, least + below(most - least + 1));
      const left = list.map((_, index) => index);
      const taken = Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]);
      return list.filter((_, index) => taken.includes(index));
    },
  };
}
