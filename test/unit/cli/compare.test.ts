import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { selfSigned } from "../../support/certificates.ts";
import { cli } from "../../support/cli.ts";

const root = mkdtempSync(join(tmpdir(), "serin-compare-"));
afterAll(() => rmSync(root, { recursive: true }));

const objects = { ...webObjects, "secrets/edge": selfSigned("edge") };

/** The same objects as a folder. */
const folder = join(root, "there");
for (const [key, value] of Object.entries(objects)) {
  const file = join(folder, `${key}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
}

const weights = join(root, "weights", "web.yaml");
mkdirSync(dirname(weights));
writeFileSync(weights, "v2: 20\nv1: 80\n");

let lab: AdminLab;
beforeEach(async () => {
  lab = await adminLab({ objects });
  await lab.app.started;
});
afterEach(() => lab.close());

describe("diff", () => {
  it.each(["api", "store"])("shows each key that differs, and ends with 1 (%s)", async (by) => {
    const flags = by === "api" ? ["--admin", lab.url] : ["--store", `file:${folder}`];
    const one = await cli(["diff", "-f", weights, ...flags]);
    expect(one).toMatchObject({ code: 1, err: "" });
    expect(one.out.replace(/revision \d+/, "revision N")).toBe(
      `--- weights/web (revision N)\n+++ weights/web (${weights})\n` +
        "@@ -1,2 +1,2 @@\n-v1: 90\n-v2: 10\n+v1: 80\n+v2: 20\n",
    );
    const stdin = "weights/web: { v2: 10, v1: 90 }\nroutes/web: { rules: [] }\n";
    const fresh = await cli(["diff", "-f", "-", ...flags], { stdin });
    expect(fresh).toMatchObject({ code: 1, err: "" });
    expect(fresh.out).toBe(
      "--- routes/web (not there)\n+++ routes/web (-)\n@@ -0,0 +1 @@\n+rules: []\n",
    );
    const same = await cli(["diff", "-f", folder, ...flags]);
    expect(same).toEqual({ code: 0, out: "", err: "", served: [], devs: [] });
    const secret = JSON.stringify({ "secrets/edge": selfSigned("edge") });
    const hidden = await cli(["diff", "-f", "-", ...flags], { stdin: secret });
    expect(hidden.code).toBe(1);
    expect(hidden.out).toContain("\nwhat is not shown of it differs\n");
    expect(hidden.out).not.toContain("PRIVATE");
  });

  it("ends with 2 where it cannot be told, or would be refused", async () => {
    const flags = ["--admin", lab.url];
    const invalid = await cli(["diff", "-f", "-", ...flags], { stdin: "weights/web: { v1: -1 }" });
    expect(invalid).toMatchObject({ code: 2, out: "" });
    expect(invalid.err).toContain("error: weights/web: v1: expected");
    expect((await cli(["diff", "-f", join(root, "none"), ...flags])).code).toBe(2);
    expect((await cli(["diff", "-f", weights, "--admin", "http://127.0.0.1:1"])).code).toBe(2);
    expect((await cli(["diff", ...flags])).code).toBe(2);
  });
});

describe("plan", () => {
  const store = ["--store", `file:${folder}`];

  it.each(["api", "store"])("shows what would change, and ends with 1 (%s)", async (by) => {
    const flags = by === "api" ? ["--admin", lab.url] : store;
    const { code, out, err } = await cli(["plan", "-f", weights, ...flags]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain("web      v1 90 % -> 80 %, v2 10 % -> 20 %\n");
    const json = await cli(["plan", "-f", weights, ...flags, "-o", "json"]);
    expect(JSON.parse(json.out)).toMatchObject({
      objects: [{ key: "weights/web", result: "configured" }],
      weights: [{ service: "web", after: { v1: 80, v2: 20 } }],
      diagnostics: [],
    });
    const same = await cli(["plan", "-f", folder, ...flags]);
    expect(same).toMatchObject({ code: 0, out: "nothing would change\n" });
  });

  it("ends with 2 where it would be refused, or cannot be told", async () => {
    const stdin = "weights/web: { v1: -1 }";
    expect((await cli(["plan", "-f", "-", ...store], { stdin })).code).toBe(2);
    // Only translate knows.
    const raw = 'resources/*/clusters/a: { name: a, type: "NO_SUCH" }';
    for (const flags of [store, ["--admin", lab.url]]) {
      const refused = await cli(["plan", "-f", "-", ...flags], { stdin: raw });
      expect(refused.code).toBe(2);
      expect(refused.out).toContain("error: resources/*/clusters/a: ");
    }
    for (const argv of [
      ["plan", "-f", weights, "--admin", "http://127.0.0.1:1"],
      ["plan", "-f", weights, "--admin", lab.url, "--default-gateway", "off"],
      ["plan", ...store],
      ["plan", "-f", weights, "--store", `file:${join(root, "none")}`],
    ]) {
      expect((await cli(argv)).code, argv.join(" ")).toBe(2);
    }
  });
});
