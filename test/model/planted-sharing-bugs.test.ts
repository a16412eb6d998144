import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceTable } from "../../src/snapshot/resource-table.ts";
import type { Hub } from "../../src/xds/hub.ts";
import type { FleetServer } from "./fleet.ts";
import { checkFleet, fleetServer } from "./fleet-property.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { plantedSharingBugs } from "./planted-sharing-bugs.ts";

/** Enough for every bug at the fixed seed; most die within a hundred. */
const usualRuns = 1_500;
const seed = 20_261_124;

const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const scratch = join(project, "node_modules", ".cache", `serin-sharing-bugs-${process.pid}`);

/** All of these is copied; what else they import is the sources themselves. */
const copied = ["xds", "snapshot"];

async function plant(bug: PlantedBug, index: number): Promise<FleetServer> {
  const root = join(scratch, String(index));
  mkdirSync(root, { recursive: true });
  for (const folder of readdirSync(join(project, "src"))) {
    const source = join(project, "src", folder);
    if (copied.includes(folder)) cpSync(source, join(root, folder), { recursive: true });
    else symlinkSync(source, join(root, folder));
  }
  const path = join(root, bug.file);
  const source = readFileSync(path, "utf8");
  expect(source.split(bug.find), `occurrences of: ${bug.find}`).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(bug.find, () => bug.replace),
  );
  const load = (file: string): Promise<unknown> => import(pathToFileURL(join(root, file)).href);
  const table = (await load("snapshot/resource-table.ts")) as {
    readonly ResourceTable: typeof ResourceTable;
  };
  const hub = (await load("xds/hub.ts")) as { readonly Hub: typeof Hub };
  return { ResourceTable: table.ResourceTable, Hub: hub.Hub };
}

describe("the fleet notices a planted bug", () => {
  beforeAll(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("lets the sources pass as they are", () => checkFleet(fleetServer, { runs: usualRuns, seed }));

  it.each(plantedSharingBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "%s",
    async (_name, bug, index) => {
      const runs = bug.runs ?? usualRuns;
      const checked = checkFleet(await plant(bug, index), { runs, seed, shrink: false });
      await expect(checked, bug.why).rejects.toThrow();
    },
  );
});
