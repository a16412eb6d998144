import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seed } from "../support/seed.ts";
import { checkJudge, type Judge, judge, type Part } from "./judge-property.ts";
import { plant, scratchFolder } from "./plant.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { plantedJudgeBugs } from "./planted-judge-bugs.ts";

/** Enough for every bug at the fixed seed. */
const runs = 1_500;

/** Where a bug shows, by its file; the others would only take time. */
const shows: Readonly<Record<string, readonly Part[]>> = {
  "comparison-window": ["comparisons"],
  sequential: ["comparisons"],
  tally: ["tallies"],
  "judge-metric": ["conditions"],
  wilson: ["conditions"],
  "normal-quantile": ["conditions"],
};

const partsOf = ({ file }: PlantedBug): readonly Part[] =>
  shows[basename(file, ".ts")] ?? ["guards"];

const scratch = scratchFolder("judge-bugs");

async function judgeWith(bug: PlantedBug, index: number): Promise<Judge> {
  const load = plant(bug, join(scratch, String(index)), ["rollout"]);
  const modules = await Promise.all([
    load("rollout/judge/judge-guard.ts"),
    load("rollout/judge/judge-metric.ts"),
    load("rollout/judge/tally.ts"),
  ]);
  return Object.assign({ ...judge }, ...modules);
}

describe("the oracle of judgements", () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("agrees with the sources as they are", () => {
    checkJudge(judge, { runs: 2 * runs, seed });
  });

  it.each(plantedJudgeBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "notices a planted bug: %s",
    async (_name, bug, index) => {
      const parts = partsOf(bug);
      const mutant = await judgeWith(bug, index);
      expect(() => checkJudge(mutant, { runs, seed, shrinks: false, parts }), bug.why).toThrow();
    },
  );
});
