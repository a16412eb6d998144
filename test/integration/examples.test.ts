import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readClaim } from "./examples/claim.ts";
import { takeStep } from "./examples/judge.ts";
import { startWorld, type World } from "./examples/world.ts";

const examples = readdirSync("examples", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** Every example does with a real etcd and a real Envoy what it says of itself. */
describe("examples", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  it.each(examples)("%s", async (example) => {
    const claim = readClaim(example);
    const shown = await world.show(example, claim);
    try {
      for (const [index, step] of claim.steps.entries()) {
        await takeStep(step, shown).catch((error: unknown) => {
          throw new Error(`step ${index + 1}: ${(error as Error).message}`, { cause: error });
        });
      }
    } finally {
      await shown.close();
    }
  });

  it("are all in the README, with what they claim", () => {
    const rows = readFileSync("examples/README.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| ["))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    const told = rows.map(([, link = "", claim]) => [/\[(.+?)\]/.exec(link)?.[1], claim]);
    expect(told).toEqual(examples.map((name) => [name, readClaim(name).claim]));
  });
});
