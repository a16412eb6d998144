import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyCommand } from "../../src/rollout/release/commands.ts";
import { decide } from "../../src/rollout/release/decide.ts";
import { plant, scratchFolder } from "./plant.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { plantedReleaseBugs } from "./planted-release-bugs.ts";
import { checkRelease } from "./release-property.ts";
import type { ReleaseCore } from "./release-world.ts";

/** Enough for every bug at the fixed seed; most die within a hundred. */
const usualRuns = 2_000;
const seed = 20_261_130;

const scratch = scratchFolder("planted-release-bugs");

async function coreWith(bug: PlantedBug, index: number): Promise<ReleaseCore> {
  const load = plant(bug, join(scratch, String(index)), ["rollout"]);
  const modules = await Promise.all([
    load("rollout/release/decide.ts"),
    load("rollout/release/commands.ts"),
  ]);
  return Object.assign({ decide, applyCommand }, ...modules);
}

function isKilled(core: ReleaseCore, runs: number): boolean {
  try {
    checkRelease(core, { runs, seed, shrink: false });
    return false;
  } catch {
    return true;
  }
}

describe("the model of a release notices a planted bug", () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("lets the sources pass as they are", () => {
    checkRelease({ decide, applyCommand }, { runs: usualRuns, seed });
  });

  it.each(plantedReleaseBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "%s",
    async (_name, bug, index) => {
      expect(isKilled(await coreWith(bug, index), bug.runs ?? usualRuns), bug.why).toBe(true);
    },
  );
});
