import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readTokens } from "../../../../src/admin/access/read-tokens.ts";
import { limits } from "../../../../src/config/limits.ts";
import { freshFolder } from "../../../support/tmp.ts";

const folder = freshFolder("tokens");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, mode: number, text = "[]"): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const errorOf = async (file: string): Promise<string> => {
  const read = await readTokens(file);
  return read.ok ? "" : read.error;
};

describe("a file of tokens on disk", () => {
  it("may be read by anybody, and be behind symbolic links", async () => {
    const file = fileOf("good.yaml", 0o444);
    symlinkSync(file, join(folder, "link"));
    symlinkSync("link", join(folder, "link-of-link"));
    expect(await readTokens(join(folder, "link-of-link"))).toEqual({
      ok: true,
      value: { tokens: [], content: "[]" },
    });
  });

  it("is refused where others may write it", async () => {
    const group = fileOf("group.yaml", 0o660);
    expect(await errorOf(group)).toBe(
      `${group} can be written by its group, who would be admin by it: chmod go-w`,
    );
    const world = fileOf("world.yaml", 0o606);
    expect(await errorOf(world)).toContain("can be written by everybody");
    symlinkSync(world, join(folder, "link-to-world"));
    expect(await errorOf(join(folder, "link-to-world"))).toContain("can be written by everybody");
  });

  it("is refused by name where it is none, is large, or is wrong inside", async () => {
    const missing = join(folder, "missing.yaml");
    expect(await errorOf(missing)).toContain(`${missing} cannot be read: ENOENT`);
    const inside = join(folder, "folder");
    mkdirSync(inside);
    expect(await errorOf(inside)).toBe(`${inside} is no file`);
    expect(await errorOf("/dev/null")).toBe("/dev/null is no file");
    const large = fileOf("large.yaml", 0o600);
    truncateSync(large, limits.access.fileBytes + 1);
    expect(await errorOf(large)).toBe(`${large} has 1048577 bytes, and may have 1048576`);
    const wrong = fileOf("wrong.yaml", 0o600, "- 1");
    expect(await errorOf(wrong)).toBe(`${wrong}: line 1, entry 1: takes { name, role, sha256 }`);
  });
});
