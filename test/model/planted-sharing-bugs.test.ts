import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceTable } from "../../src/snapshot/resource-table.ts";
import type { Hub } from "../../src/xds/hub.ts";
import type { FleetServer } from "./fleet.ts";
import { checkFleet, fleetServer } from "./fleet-property.ts";
import { plant, scratchFolder } from "./plant.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { plantedSharingBugs } from "./planted-sharing-bugs.ts";

/** Enough for every bug at the fixed seed; most die within a hundred. */
const usualRuns = 1_500;
const seed = 20_261_124;

const scratch = scratchFolder("sharing-bugs");

async function serverWith(bug: PlantedBug, index: number): Promise<FleetServer> {
  const load = plant(bug, join(scratch, String(index)));
  const { ResourceTable: Table } = (await load("snapshot/resource-table.ts")) as {
    readonly ResourceTable: typeof ResourceTable;
  };
  const { Hub: Server } = (await load("xds/hub.ts")) as { readonly Hub: typeof Hub };
  return { ResourceTable: Table, Hub: Server };
}

describe("the fleet notices a planted bug", () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("lets the sources pass as they are", () => checkFleet(fleetServer, { runs: usualRuns, seed }));

  it.each(plantedSharingBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "%s",
    async (_name, bug, index) => {
      const runs = bug.runs ?? usualRuns;
      const checked = checkFleet(await serverWith(bug, index), { runs, seed, shrink: false });
      await expect(checked, bug.why).rejects.toThrow();
    },
  );
});
