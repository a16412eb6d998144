import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Variant } from "../../src/xds/stream-state.ts";
import { plant, scratchFolder } from "./plant.ts";
import { type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import { checkProperty } from "./property.ts";
import { type Protocol, protocol } from "./protocol.ts";

/** Enough for every bug at the fixed seed; most die within a hundred. */
const usualRuns = 1_500;
const seed = 20_261_124;

const scratch = scratchFolder("planted-bugs");

async function protocolWith(bug: PlantedBug, index: number): Promise<Protocol> {
  const load = plant(bug, join(scratch, String(index)));
  const modules = await Promise.all([
    load("snapshot/resource-table.ts"),
    load("xds/name-set.ts"),
    load("xds/sotw.ts"),
    load("xds/delta.ts"),
    load("xds/stream-state.ts"),
    load("xds/type-state.ts"),
    load("xds/rebase.ts"),
  ]);
  return Object.assign({ ...protocol }, ...modules);
}

function isKilled(mutant: Protocol, variants: readonly Variant[], runs: number): boolean {
  for (const variant of variants) {
    try {
      checkProperty(mutant, variant, { runs, seed, shrink: false });
    } catch {
      return true;
    }
  }
  return false;
}

describe("the model notices a planted bug", () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("lets the sources pass as they are", () => {
    for (const variant of ["sotw", "delta"] as const)
      checkProperty(protocol, variant, { runs: usualRuns, seed });
  });

  it.each(plantedBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "%s",
    async (_name, bug, index) => {
      const variants: readonly Variant[] =
        bug.file === "xds/delta.ts" ? ["delta"] : ["sotw", "delta"];
      expect(
        isKilled(await protocolWith(bug, index), variants, bug.runs ?? usualRuns),
        bug.why,
      ).toBe(true);
    },
  );
});
