import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { freshFolder } from "../../support/tmp.ts";

it("an import of nothing is no success: what was to write it may have failed", async () => {
  const folder = freshFolder("import");
  const file = join(folder, "routes.yaml");
  for (const text of ["", "---\n# nothing\n"]) {
    writeFileSync(file, text);
    const { code, out, err } = await cli(["import", "-f", file]);
    expect({ code, out, err }).toEqual({
      ...{ code: 1, out: "", err: `serin: ${file}: there is nothing in it\n` },
    });
  }
  rmSync(folder, { recursive: true });
});
