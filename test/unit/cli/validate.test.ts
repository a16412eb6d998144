import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { envoyAccepts, reasonIn } from "../../../src/cli/envoy-check.ts";
import { findSuspects, suspectsText } from "../../../src/cli/suspects.ts";
import { keyOf } from "../../../src/cli/validate-input.ts";
import { limits } from "../../../src/config/limits.ts";
import { cli } from "../../support/cli.ts";

const root = mkdtempSync(join(tmpdir(), "serin-validate-test-"));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

const endpoint = "address: 127.0.0.1:8081\nversion: v1\n";

describe("validate", () => {
  const examples = readdirSync("examples", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it.each(examples)("accepts examples/%s", async (name) => {
    const { code, out, err } = await cli(["validate", "-f", `examples/${name}`, "--no-envoy"]);
    expect(err).toBe("");
    expect(out).toMatch(/^\d+ objects, 0 errors, /m);
    expect(code).toBe(0);
  });

  it("tells key, path, reason and file of what is wrong, and ends with 1", async () => {
    const folder = folderOf({
      "endpoints/web/a.yaml": endpoint,
      "weights/web.yaml": "v1: -1\n",
      "routes/web.json": "{",
    });
    const { code, out } = await cli(["validate", "-f", folder, "--no-envoy"]);
    expect(code).toBe(1);
    const weights = join(folder, "weights/web.yaml");
    expect(out).toContain(
      `error VALUE_INVALID weights/web: v1: expected a number from 0 to 1000000, got -1 (${weights}:1:1)\n`,
    );
    expect(out).toContain("error VALUE_SYNTAX routes/web: ");
    expect(out).toContain(`(${join(folder, "routes/web.json")}:1:2)\n`);
    expect(out).toMatch(/\n3 objects, 2 errors, 0 warnings\n$/);
  });

  it("ends with 0 where there are warnings only", async () => {
    const folder = folderOf({ "endpoints/web/a.yaml": `${endpoint}colour: red\n` });
    const { code, out } = await cli(["validate", "-f", folder, "--no-envoy", "-o", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      objects: 1,
      diagnostics: [{ severity: "warning", code: "FIELD_UNKNOWN", path: "colour" }],
      verdicts: [],
    });
  });

  it("ends with 1 for warnings, where it is to be strict", async () => {
    const folder = folderOf({ "endpoints/web/a.yaml": `${endpoint}colour: red\n` });
    const { code, out } = await cli(["validate", "-f", folder, "--no-envoy", "--strict"]);
    expect(code).toBe(1);
    expect(out).toContain(`endpoints/web/a.yaml:3:1)\n`);
  });

  it("reads documents from standard input, and names line and column of each fault", async () => {
    const stdin = [
      "# the first",
      "endpoints/web/a: { address: 10.0.0.1:80 }",
      "weights/web:",
      "  v1: -1",
      "---",
      "apiVersion: gateway.networking.k8s.io/v1",
      "kind: HTTPRoute",
      "metadata: { name: web }",
      "spec:",
      "  hostnames:",
      "    - a.example:80",
      "  rules: []",
      "---",
      "kind: List",
      "items:",
      "  - { kind: Weights, apiVersion: serin/v1, metadata: { name: shop }, spec: { v1: -2 } }",
    ].join("\n");
    const args = ["validate", "-f", "-", "--no-envoy"];
    const { code, out } = await cli(args, { stdin });
    expect(code).toBe(1);
    expect(out).toMatch(/weights\/web: v1: .* \(-:4:3\)\n/);
    expect(out).toMatch(/routes\/web: spec\.hostnames\[0\]: .* \(-:11:7\)\n/);
    expect(out).toMatch(/weights\/shop: spec\.v1: .* \(-:16:78\)\n/);
    const where = { file: "-", line: 4, column: 3 };
    const json = JSON.parse((await cli([...args, "-o", "json"], { stdin })).out);
    const yaml = parse((await cli([...args, "-o", "yaml"], { stdin })).out);
    expect(json.diagnostics).toContainEqual(
      expect.objectContaining({ key: "weights/web", path: "v1", ...where }),
    );
    expect(yaml).toEqual(json);
  });

  it("takes single files, whose paths tell the keys", async () => {
    const folder = folderOf({
      "deep/endpoints/web/a.yaml": endpoint,
      "weights/web.yaml": "v1: 1\n",
      "note.yaml": "a: 1\n",
    });
    const file = (path: string): string => join(folder, path);
    const argv = ["validate", "--no-envoy", "-f", file("deep/endpoints/web/a.yaml")];
    const both = await cli([...argv, "-f", file("weights/web.yaml")]);
    expect(both.out).toBe("2 objects, 0 errors, 0 warnings\n");
    const unknown = await cli([...argv, "-f", file("note.yaml")]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("no key follows from this path");
    const twice = await cli([...argv, "-f", file("deep")]);
    expect(twice.err).toContain("key endpoints/web/a is in two files");
    expect((await cli([...argv, "-f", file("none")])).err).toContain("cannot read");
  });

  it("reads a store", async () => {
    const folder = folderOf({ "endpoints/web/a.yaml": endpoint });
    const argv = ["validate", "--no-envoy", "--store", `file:${folder}`];
    expect((await cli(argv)).out).toBe("1 object, 0 errors, 0 warnings\n");
    const none = await cli(["validate", "--no-envoy", "--store", "file:/nowhere"]);
    expect(none.code).toBe(1);
    expect(none.err).toContain("/nowhere");
  });

  it("gives an Envoy in Docker its configuration by standard input, where nobody reads it", async () => {
    const folder = folderOf({ "envoy.sh": 'echo "[error] $# $* $(wc -c)"; exit 1\n' });
    const docker = { command: "sh", args: [join(folder, "envoy.sh")], version: "0" } as const;
    const answer = await envoyAccepts({ ...docker, how: "docker" }, { text: "x".repeat(200_000) });
    const flags = "--mode validate --disable-hot-restart --log-level error";
    const told = `[error] 7 ${flags} --config-path /dev/fd/0 200011`;
    expect(!answer.ok && answer.error).toBe(told);
  });
});

describe("what Envoy rejects", () => {
  it("is told without its log's prefix and without our file", () => {
    const logs = `[2026-11-24 12:47:46.302][13212][warning][main] [source/server/x.cc:7] odd
[2026-11-24 12:47:46.302][13212][critical][main] [source/server/config_validation/server.cc:76] error initializing configuration '/tmp/serin-validate-h0eVD1/bootstrap.json': Invalid duration: goo.gle
  seconds: -5
`;
    expect(reasonIn(logs)).toBe("Invalid duration: goo.gle\n  seconds: -5");
  });

  it("is told without what Envoy repeats, also where the log has lost its beginning", () => {
    const dump = (lines: number): string => 'x {\n    inline_string: "CANARY"\n}\n'.repeat(lines);
    const broken = "Proto constraint validation failed (ClusterValidationError.LbPolicy: no such)";
    const head =
      "[2026-11-24 12:47:46.302][1][critical][main] [source/server/x.cc:7] error initializing";
    const whole = `${head} configuration '/dev/fd/0': goo.gle/debugonly  \n${dump(2)}: ${broken}\n`;
    expect(reasonIn(whole)).toBe(`[dump left out] ${broken}`);
    const cut = `CANARY\n${dump(limits.dev.outputLines)}CANARY\n: ${broken}\n`;
    expect(reasonIn(cut)).toBe(`[dump left out] ${broken}`);
    expect(reasonIn("docker: no such image\n")).toBe("docker: no such image");
  });

  it("is looked for among the raw resources, a bounded number of them", async () => {
    const all = Array.from({ length: limits.cli.suspects + 3 }, (_, n) => `r${n}`);
    const refusing = (isBad: (those: readonly string[]) => boolean) => {
      return async (those: readonly string[]) => (isBad(those) ? "no" : undefined);
    };
    const keysOf = (found: Awaited<ReturnType<typeof findSuspects<string>>>) =>
      found.found.map(({ suspect }) => suspect);
    const one = await findSuspects(
      all,
      "no",
      refusing((those) => those.includes("r2")),
    );
    expect(keysOf(one)).toEqual(["r2"]);
    expect(suspectsText(keysOf(one), one)).toBe(
      "without r2 Envoy takes the rest (3 more were not tried)",
    );
    const two = await findSuspects(
      all.slice(0, 5),
      "no",
      refusing((those) => those.includes("r1") || those.includes("r3")),
    );
    expect(suspectsText(keysOf(two), two)).toBe("without r1 and r3 Envoy takes the rest");
    const clash = await findSuspects(
      all.slice(0, 5),
      "clash",
      refusing((those) => those.includes("r1") && those.includes("r3")),
    );
    expect(suspectsText(keysOf(clash), clash)).toBe("without r1 or r3 Envoy takes the rest");
    const none = await findSuspects(
      all.slice(0, 5),
      "no",
      refusing(() => true),
    );
    expect(suspectsText(keysOf(none), none)).toBe("");
  });
});

describe("keys of files", () => {
  it.each([
    ["/etc/serin/weights/web.yaml", "weights/web"],
    ["/weights/endpoints/web/a.json", "endpoints/web/a"],
    ["/x/resources/*/clusters/a/b.yaml", "resources/*/clusters/a/b"],
    ["/x/rollouts/web.yaml", "rollouts/web"],
    ["/x/web.yaml", undefined],
  ])("%s is %s", (path, key) => {
    expect(keyOf(path)).toBe(key);
  });
});
