import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { selfSigned } from "../../support/certificates.ts";
import { cli } from "../../support/cli.ts";

const root = mkdtempSync(join(tmpdir(), "serin-edit-test-"));
afterAll(() => rmSync(root, { recursive: true }));

let lab: AdminLab;
beforeEach(async () => {
  lab = await adminLab({ objects: { ...webObjects, "secrets/edge": selfSigned("edge") } });
  await lab.app.started;
});
afterEach(() => lab.close());

let count = 0;

/** A script as editor: `$1` is the file; `seen` is what it was shown, each time. */
function editor(script: string) {
  const name = join(root, `editor-${count++}`);
  const log = `${name}.log`;
  writeFileSync(name, `cat "$1" >> '${log}'\necho ==== >> '${log}'\n${script}\n`);
  return {
    env: { EDITOR: `sh ${name}` },
    seen: () => readFileSync(log, "utf8").split("====\n").slice(0, -1),
  };
}

const edit = (argv: readonly string[], env: Readonly<Record<string, string>>) =>
  cli(["edit", ...argv, "--admin", lab.url], { env });

const stored = async (key = "weights/web") => {
  const read = await lab.store.get(key);
  return read.ok ? Buffer.from(read.value?.value ?? []).toString() : "";
};

const keptIn = (err: string): string => / is kept in (\S+)\n/.exec(err)?.[1] ?? "";

describe("edit", () => {
  it("writes what comes back, with its comments, and leaves no file behind", async () => {
    const { env, seen } = editor(`sed -i 's/v1: 90/v1: 80 # less/' "$1"; echo "$1" > ${root}/path`);
    const { code, out, err } = await edit(["weights", "web", "--by", "ann"], env);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: "weights/web configured at revision 2\n",
      err: "",
    });
    expect(await stored()).toBe("v1: 80 # less\nv2: 10\n");
    expect(seen()).toEqual([
      "#serin: weights/web at revision 1; lines like this one are left out\nv1: 90\nv2: 10\n",
    ]);
    const path = readFileSync(join(root, "path"), "utf8").trim();
    expect(path.endsWith("/weights/web.yaml")).toBe(true);
    expect(existsSync(dirname(dirname(path)))).toBe(false);
    const history = await lab.get("/v1/history/web");
    expect(history.json.rows[0]).toMatchObject({ by: "ann", why: "edit" });
  });

  it("comes back with what is wrong, until it is right", async () => {
    const { env, seen } = editor(
      `if grep -q '^v1: -1' "$1"; then sed -i 's/v1: -1/v1: 1/' "$1"; else sed -i 's/v1: 90/v1: -1/' "$1"; fi`,
    );
    expect(await edit(["weights/web"], env)).toMatchObject({ code: 0 });
    expect(await stored()).toBe("v1: 1\nv2: 10\n");
    const [, second] = seen();
    expect(second).toBe(
      "#serin: not valid as weights/web:\n" +
        "#serin: v1: expected a number from 0 to 1000000, got -1\nv1: -1\nv2: 10\n",
    );
  });

  it("keeps the text that nobody mends, and that of a broken editor", async () => {
    const { env } = editor(`sed -i 's/v1: 90/v1: -1/' "$1"`);
    const invalid = await edit(["weights", "web"], env);
    expect(invalid.code).toBe(1);
    expect(readFileSync(keptIn(invalid.err), "utf8")).toContain("v1: -1\n");
    rmSync(dirname(dirname(keptIn(invalid.err))), { recursive: true });
    const failing = editor(`echo 'v3: 1' >> "$1"; exit 3`);
    const failed = await edit(["weights", "web"], failing.env);
    expect(failed.err).toContain("the editor ended with 3");
    expect(readFileSync(keptIn(failed.err), "utf8")).toContain("v3: 1\n");
    rmSync(dirname(dirname(keptIn(failed.err))), { recursive: true });
    expect(await stored()).toBe(JSON.stringify(webObjects["weights/web"]));
  });

  it("does not write over what somebody else wrote meanwhile, and loses neither", async () => {
    const put = `fetch("${lab.url}/v1/objects/weights/web",{method:"PUT",body:"v1: 5\\nv2: 5"})`;
    const { env } = editor(`'${process.execPath}' -e '${put}'; sed -i 's/v1: 90/v1: 80/' "$1"`);
    const lost = await edit(["weights", "web"], env);
    expect(lost).toMatchObject({ code: 1, out: "" });
    expect(lost.err).toContain("weights/web was changed by someone else");
    expect(await stored()).toBe("v1: 5\nv2: 5");
    const file = keptIn(lost.err);
    const diff = await cli(["diff", "-f", file, "--admin", lab.url]);
    expect(diff.out).toContain("-v1: 5\n-v2: 5\n+v1: 80\n+v2: 10\n");
    expect((await cli(["apply", "-f", file, "--admin", lab.url])).code).toBe(0);
    rmSync(dirname(dirname(file)), { recursive: true });
  });

  it("writes nothing where nothing changed, or nothing is left", async () => {
    for (const script of ["true", `: > "$1"`]) {
      const left = await edit(["weights", "web"], editor(script).env);
      expect(left).toMatchObject({ code: 0, out: "weights/web left as it is\n" });
    }
    expect(await stored()).toBe(JSON.stringify(webObjects["weights/web"]));
  });

  it("opens nothing that is not there, or that has a secret", async () => {
    const { env } = editor(`touch ${root}/opened`);
    const none = await edit(["weights", "other"], env);
    expect(none).toMatchObject({ code: 1, err: "serin: there is no weights/other\n" });
    const secret = await edit(["secrets", "edge"], env);
    expect(secret.code).toBe(1);
    expect(secret.err).toContain("has a secret, which is not shown");
    expect((await edit(["weights"], env)).code).toBe(2);
    expect(existsSync(join(root, "opened"))).toBe(false);
  });

  it("goes straight to a store as well", async () => {
    const folder = mkdtempSync(join(root, "store-"));
    const store = ["--store", `file:${folder}`];
    await cli(["apply", "-f", "-", ...store], { stdin: "weights/web: { v1: 1 }" });
    const { env } = editor(`echo 'v2: 2' >> "$1"`);
    expect((await cli(["edit", "weights", "web", ...store], { env })).code).toBe(0);
    expect(readFileSync(join(folder, "weights/web.json"), "utf8")).toBe("v1: 1\nv2: 2\n");
  });
});
