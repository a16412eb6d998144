import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seed } from "../../support/seed.ts";
import { plant, scratchFolder } from "../plant.ts";
import { checkImport, importers, type System } from "./import-property.ts";
import { type PlantedImportBug, plantedImportBugs } from "./planted-import-bugs.ts";
import type { Importers } from "./their-routes.ts";

/** Enough for every bug at the fixed seed. */
const runs = 400;

/** Of all runs, on a machine that does other things as well. */
const timeout = 60_000;

const scratch = scratchFolder("import-bugs");

async function importersWith(bug: PlantedImportBug, index: number): Promise<Importers> {
  const load = plant(bug, join(scratch, String(index)), ["import"]);
  const modules = await Promise.all([
    load("import/apisix/apisix.ts"),
    load("import/httproute/http-route.ts"),
    load("import/traefik/traefik.ts"),
  ]);
  return Object.assign({ ...importers }, ...modules);
}

describe(`an import opens nothing that was shut (seed ${seed})`, () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each<System>(["httproute", "traefik", "apisix"])("%s", { timeout }, (system) => {
    const { taken, excused } = checkImport(system, importers, { runs, seed });
    expect(taken).toBeGreaterThan(runs / 4);
    expect(excused, "without a finding").toBeLessThan(taken / 4);
  });

  it.each(plantedImportBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "unless somebody plants it: %s",
    { timeout },
    async (_name, bug, index) => {
      const mutant = await importersWith(bug, index);
      const plays = { runs, seed, shrinks: false };
      expect(() => checkImport(bug.system, mutant, plays), bug.why).toThrow();
    },
  );
});
