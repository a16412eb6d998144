import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Variant } from "../../src/xds/stream-state.ts";
import { type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import { checkProperty } from "./property.ts";
import { type Protocol, protocol } from "./protocol.ts";

/** Enough for every bug at the fixed seed; most die within a hundred. */
const usualRuns = 1_500;
const seed = 20_261_124;

const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const scratch = join(project, "node_modules", ".cache", `serin-planted-bugs-${process.pid}`);

const core = ["subscription", "type-state", "sotw", "delta", "stream-state", "rebase"];
const shape = ["name-set", "position", "known-versions"];
const copied = [
  "snapshot/resource-table.ts",
  "snapshot/set-digest.ts",
  ...[...core, ...shape].map((name) => `xds/${name}.ts`),
];
const shared = ["lib", "config", "proto", "snapshot/resource.ts", "snapshot/type-url.ts"];

/** The sources with one bug in them; under the project, so that vitest strips the types. */
async function plant(bug: PlantedBug, index: number): Promise<Protocol> {
  const root = join(scratch, String(index));
  const path = join(root, bug.file);
  mkdirSync(join(root, "snapshot"), { recursive: true });
  mkdirSync(join(root, "xds"));
  for (const file of copied) cpSync(join(project, "src", file), join(root, file));
  // These resolve to the sources themselves, which are loaded already.
  for (const file of shared) symlinkSync(join(project, "src", file), join(root, file));
  const source = readFileSync(path, "utf8");
  expect(source.split(bug.find), `occurrences of: ${bug.find}`).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(bug.find, () => bug.replace),
  );
  const load = (file: string): Promise<object> => import(pathToFileURL(join(root, file)).href);
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
      expect(isKilled(await plant(bug, index), variants, bug.runs ?? usualRuns), bug.why).toBe(
        true,
      );
    },
  );
});
