import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { modulesFrom } from "../../../tools/web/modules.mjs";
import { freshFolder } from "../../support/tmp.ts";

function modules(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = freshFolder("web-modules");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  try {
    return modulesFrom(folder, "web/main.js", ["preact"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the modules of the page", () => {
  it("are those that main.js needs, by any form of import, and no others", () => {
    const found = modules({
      "web/main.js":
        'import "./a.js";\nimport { x,\n  y } from "../api/b.js";\nexport const c = "–";\n',
      "web/a.js": 'import { render } from "preact";\nexport * from "./d.js";\n',
      "api/b.js": 'export { z } from "../web/d.js";\n',
      "web/d.js": 'export const word = " from ";\n',
      "api/contract.js": 'import { z } from "zod";\n',
    });
    expect(found).toEqual(["api/b.js", "web/a.js", "web/d.js", "web/main.js"]);
  });

  it.each(["zod", "node:crypto"])("may not need %s", (name) => {
    const files = { "web/main.js": 'import "./a.js";\n', "web/a.js": `import x from "${name}";\n` };
    expect(() => modules(files)).toThrow(`web/a.js needs ${name}`);
  });
});
