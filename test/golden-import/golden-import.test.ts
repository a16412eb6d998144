/** A folder is a case: in.yaml is a dump of what is imported; the name says of what. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { createDecoder } from "../../src/store/decode/decoder.ts";
import { cli } from "../support/cli.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const update = process.env["UPDATE_GOLDEN"] === "1";

const argumentsOf = (name: string): readonly string[] => {
  const [system = ""] = name.split("-");
  return [
    "import",
    ...(system === "httproute" ? [] : [system]),
    "-f",
    join(folder, name, "in.yaml"),
  ];
};

describe("golden imports", () => {
  it.each(cases)("%s", async (name) => {
    const { code, out, err } = await cli(argumentsOf(name));
    const told = stringify(err.trimEnd().split("\n"), { lineWidth: 0 });
    for (const [file, made] of [
      ["out.yaml", out],
      ["diagnostics.yaml", told],
    ] as const) {
      const path = join(folder, name, file);
      if (update) writeFileSync(path, made);
      const expected = existsSync(path) ? readFileSync(path, "utf8") : "";
      expect(made, `${name}/${file}; UPDATE_GOLDEN=1 rewrites it`).toBe(expected);
    }
    expect(code).toBe(err.includes("lost: ") ? 1 : 0);
    expect((await cli([...argumentsOf(name), "--partial"])).code).toBe(0);
  });

  it.each(cases)("%s gives objects that serin takes without a word", async (name) => {
    const { out } = await cli([...argumentsOf(name), "-o", "json"]);
    const objects = JSON.parse(out) as readonly { readonly key: string; readonly value: object }[];
    const entries = new Map(
      objects.map(({ key, value }) => {
        const bytes = Buffer.from(JSON.stringify(value));
        return [key, { key, value: bytes, modRevision: 1n, createRevision: 1n }];
      }),
    );
    const { diagnostics } = createDecoder().start({ revision: 1n, entries });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(parse(`[${JSON.stringify(objects)}]`)).toEqual([objects]);
  });
});
