import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { requireBinary } from "../support/binaries.ts";
import { cli } from "../support/cli.ts";
import { freshFolder } from "../support/tmp.ts";

const folder = freshFolder("validate");
afterAll(() => rmSync(folder, { recursive: true }));

/** The same places are searched by the command line and by the tests, so both find one Envoy. */
describe("serin validate asks a real Envoy", () => {
  const examples = readdirSync("examples", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it.each(examples)("which takes examples/%s", async (name) => {
    const { version } = await requireBinary("envoy");
    const { code, out } = await cli(["validate", "-f", `examples/${name}`]);
    expect(out).toContain(` 0 errors, `);
    expect(out).toContain(`; asked Envoy ${version}\n`);
    expect(code).toBe(0);
  });

  it("and tells what it rejects", async () => {
    const clusters = join(folder, "resources/*/clusters");
    mkdirSync(clusters, { recursive: true });
    const raw = "type: STATIC\nload_assignment: { cluster_name: raw }\nconnect_timeout: -5s\n";
    writeFileSync(join(clusters, "raw.yaml"), raw);
    const json = await cli(["validate", "-f", folder, "-o", "json"]);
    expect(JSON.parse(json.out).verdicts).toMatchObject([{ gateway: "default", accepted: false }]);
    expect(json.code).toBe(1);
    const table = await cli(["validate", "-f", folder]);
    expect(table.out).toContain("error ENVOY_REJECTS gateways/default:\n  ");
    expect(table.out).toMatch(
      /\n {2}resources\/\*\/clusters\/raw: connect_timeout: Invalid duration/,
    );
    expect(table.out).not.toMatch(/\[critical\]|bootstrap\.json/);
    expect(table.out).toContain(`(${join(clusters, "raw.yaml")}:3:1)\n`);
    expect(table.out).toContain("  without resources/*/clusters/raw Envoy takes the rest\n");
    expect(table.out).toContain("1 object, 1 error, 0 warnings; asked Envoy");
  });

  it("and so of the snapshot of a node, which is for itself", async () => {
    const own = join(folder, "own", "snapshots");
    mkdirSync(own, { recursive: true });
    const cluster = (timeout: string): string =>
      `resources: [{ type: cds, resource: { name: a, type: STATIC, connect_timeout: ${timeout} } }]`;
    writeFileSync(join(own, "good.yaml"), cluster("1s"));
    writeFileSync(join(own, "bad.yaml"), cluster("-5s"));
    const args = ["validate", "-f", join(folder, "own"), "--default-gateway", "off"];
    const { verdicts } = JSON.parse((await cli([...args, "-o", "json"])).out);
    expect(verdicts).toMatchObject([
      { gateway: "", node: "", accepted: true },
      { node: "bad", accepted: false },
      { node: "good", accepted: true },
    ]);
    const table = await cli(args);
    expect(table.out).toContain("error ENVOY_REJECTS snapshots/bad:\n  ");
    expect(table.code).toBe(1);
  });
});
