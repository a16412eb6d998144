import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seed } from "../../support/seed.ts";
import { type Bugs, LayerWorld } from "./layer-world.ts";

async function play(moves: readonly number[], bugs: Bugs = {}): Promise<void> {
  const world = new LayerWorld(bugs);
  try {
    for (const code of moves) await world.move(code);
    await world.settle();
  } finally {
    world.close();
  }
}

const histories = fc.array(fc.nat(0xffff), { minLength: 10, maxLength: 60 });
const check = (bugs: Bugs, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(histories, (moves) => play(moves, bugs)),
    { seed, numRuns, includeErrorInReport: true },
  );

describe("what an Envoy with the layer goes by, however deliveries interleave", () => {
  it("is always weights that somebody has set, and never older ones than before", async () => {
    await check({}, 50);
  });

  it("is not where keys go before the routes that do without are ACKed", async () => {
    await expect(check({ hasty: true }, 400)).rejects.toThrow(/goes by/);
  });

  it("is so for one that comes back when one service has left the layer and another has entered", async () => {
    await expect(comeBack({})).resolves.toBeUndefined();
    // Where it gets all at once.
    await expect(comeBack({ blind: true })).rejects.toThrow(/after Runtime, c goes by c\/v1=10000/);
  });
});

async function comeBack(bugs: Bugs): Promise<void> {
  const world = new LayerWorld(bugs);
  try {
    await world.settle();
    world.restart();
    world.change("c", 0);
    world.change("b", 3);
    await world.settle();
  } finally {
    world.close();
  }
}
