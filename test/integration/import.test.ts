/**
 * Trees of Traefik and APISIX in a real etcd: what is imported of them is valid, can be applied, and
 * nothing of theirs is touched.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cli } from "../support/cli.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { freshFolder } from "../support/tmp.ts";

const golden = fileURLToPath(new URL("../golden-import/", import.meta.url));
const folder = freshFolder("import");
let etcd: Etcd;

const inGolden = (name: string, file: string): string =>
  readFileSync(join(golden, name, file), "utf8");

beforeAll(async () => {
  etcd = await startEtcd();
  for (const name of ["traefik-weighted", "apisix-split"]) {
    const pairs = parse(inGolden(name, "in.yaml")) as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(pairs)) {
      await etcd.put(key, typeof value === "string" ? value : JSON.stringify(value));
    }
  }
});

afterAll(async () => {
  await etcd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const dumpOf = (root: string): Promise<string> =>
  etcd.etcdctl(["get", "--prefix", root, "-w", "json"]);

const withoutHeader = (dump: string): unknown => (JSON.parse(dump) as { kvs: unknown }).kvs;

describe.each([
  { system: "traefik", root: "traefik/", name: "traefik-weighted", how: [] },
  // It has a timeout that serin has not, which is told.
  { system: "apisix", root: "/apisix/", name: "apisix-split", how: ["--partial"] },
])("import of $system from a real etcd", ({ system, root, name, how }) => {
  it("gives what the dump of the same keys gives, and touches nothing", async () => {
    const before = await dumpOf(root);
    const from = ["--from", `etcd://${etcd.endpoint}`];
    const { code, out } = await cli(["import", system, ...from, ...how]);
    expect(code).toBe(0);
    expect(out).toBe(inGolden(name, "out.yaml"));
    const dumped = await cli(["import", system, "-f", "-", ...how], { stdin: before });
    expect(dumped).toMatchObject({ code: 0, out });
    expect(withoutHeader(await dumpOf(root))).toEqual(withoutHeader(before));
  });

  it("gives objects that validate accepts, with a real Envoy, and that can be applied", async () => {
    const config = join(folder, system);
    const from = ["--from", `etcd://${etcd.endpoint}`, "--out", config, ...how];
    expect(await cli(["import", system, ...from])).toMatchObject({ code: 0, out: "" });
    const validated = await cli(["validate", "-f", config]);
    expect(validated.code, validated.out + validated.err).toBe(0);
    const objects = inGolden(name, "out.yaml");
    const store = ["--store", `etcd://${etcd.endpoint}`, "--prefix", `/serin-${system}/`];
    const applied = await cli(["apply", "-f", "-", ...store], { stdin: objects });
    expect(applied.code, applied.err).toBe(0);
    const same = await cli(["diff", "-f", "-", ...store], { stdin: objects });
    expect(same).toMatchObject({ code: 0, out: "" });
    // What was written there before is somebody's.
    expect(await cli(["import", system, ...from])).toMatchObject({ code: 1 });
  });

  it("says so where there is nothing", async () => {
    const from = ["--from", `etcd://${etcd.endpoint}`, "--prefix", "nothing/"];
    const { code, err } = await cli(["import", system, ...from]);
    expect({ code, err }).toEqual({ code: 1, err: "serin: there is no key below nothing/\n" });
  });
});
