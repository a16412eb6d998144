import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenCases, goldenFile, goldenFolder, runGolden } from "../support/golden.ts";

/** `UPDATE_GOLDEN=1` (npm run golden:update) writes what is now made; read the diff. */
const update = process.env["UPDATE_GOLDEN"] === "1";

const files = { out: "out.yaml", diagnostics: "diagnostics.yaml" } as const;

describe("golden cases", () => {
  it.each(goldenCases())("%s", (name) => {
    const made = runGolden(name);
    for (const part of ["out", "diagnostics"] as const) {
      const file = goldenFile(name, files[part]);
      if (update) writeFileSync(file, made[part]);
      const expected = existsSync(file) ? readFileSync(file, "utf8") : "";
      expect(made[part], `${name}/${files[part]}; UPDATE_GOLDEN=1 rewrites it`).toBe(expected);
    }
  });

  it("hold their three files each, and nothing else lies about", () => {
    const expected = goldenCases().flatMap((name) =>
      ["diagnostics.yaml", "in.yaml", "out.yaml"].map((file) => join(name, file)),
    );
    const found = readdirSync(goldenFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(goldenFolder.length))
      .filter((file) => file !== "golden.test.ts");
    expect(found.sort()).toEqual(expected.sort());
  });
});
