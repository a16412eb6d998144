import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HistoryJson } from "../../src/api/history.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { type AdminLab, adminLab } from "../support/admin.ts";
import { unwrap } from "../support/binaries.ts";
import { cli } from "../support/cli.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";

let etcd: Etcd;
let store: Store;
let lab: AdminLab;

beforeAll(async () => {
  etcd = await startEtcd();
  await etcd.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:8081","version":"v1"}');
  store = unwrap(await openStore(`etcd://${etcd.endpoint}`, { prefix: "/serin/" }));
  lab = await adminLab({ store });
  await lab.app.started;
});
afterAll(async () => {
  await lab?.close();
  await etcd?.stop();
});

const direct = () => ["--store", `etcd://${etcd.endpoint}`];
const byApi = () => ["--admin", lab.url];

const apply = (stdin: string, flags: readonly string[], by: string) =>
  cli(["apply", "-f", "-", "-o", "json", ...flags], { stdin, env: { SERIN_BY: by } });

const history = async (name: string): Promise<HistoryJson> =>
  JSON.parse((await cli(["history", name, "-o", "json", ...direct()])).out) as HistoryJson;

describe("the program as built", () => {
  it("applies what comes through a pipe, and shows it again", async () => {
    const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
    const serin = (stdin: string, ...argv: readonly string[]): string =>
      execFileSync(process.execPath, [main, ...argv, ...direct()], {
        input: stdin,
        timeout: 60_000,
      }).toString();
    expect(serin("weights/piped: { v1: 1 }", "apply", "-f", "-")).toMatch(
      /^weights\/piped created/,
    );
    const shown = serin("", "get", "weights", "piped", "-o", "yaml");
    expect(serin(shown, "apply", "-f", "-")).toMatch(/^weights\/piped unchanged/);
  });
});

describe("applies at the same time, on etcd", () => {
  it.each([
    ["both in the store", direct, direct],
    ["both at the server", byApi, byApi],
    ["one each", direct, byApi],
  ])("of what both have read: one loses, and nothing is lost (%s)", async (_, one, other) => {
    const read = await cli(["get", "weights", "web", "-o", "json", ...direct()]);
    if (read.code !== 0) await apply("weights/web: { v1: 1 }", direct(), "first");
    const { out } = await cli(["get", "weights", "web", "-o", "json", ...direct()]);
    const { revision } = JSON.parse(out) as { readonly revision: number };
    const before = (await history("web")).rows.length;
    const wanted = (weight: number): string =>
      JSON.stringify({ key: "weights/web", revision, value: { v1: weight, v2: revision } });
    const outcomes = await Promise.all([
      apply(wanted(10), one(), "ann"),
      apply(wanted(20), other(), "bob"),
    ]);
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    const loser = outcomes.find(({ code }) => code === 1);
    expect(loser?.err).toMatch(/weights\/web was (?:changed by someone else|read at revision)/);
    const winner = outcomes[0]?.code === 0 ? 10 : 20;
    const now = JSON.parse((await etcd.get("/serin/weights/web"))?.value ?? "null") as object;
    expect(now).toEqual({ v1: winner, v2: revision });
    const { rows } = await history("web");
    expect(rows).toHaveLength(before + 1);
    expect(rows[0]).toMatchObject({ by: winner === 10 ? "ann" : "bob", why: "apply" });
  });

  it("of many objects by many: every write has its record, and no other took its place", async () => {
    const names = ["a", "b", "c"];
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, who) => {
        const wanted = names.map((name) => `weights/m-${name}: { v1: ${who + 1}, v2: 50 }`);
        return apply(wanted.join("\n"), who % 2 === 0 ? direct() : byApi(), `person-${who}`);
      }),
    );
    for (const { code, err } of outcomes) {
      if (code !== 0) expect(err).toContain("was changed by someone else");
    }
    expect(outcomes.some(({ code }) => code === 0)).toBe(true);
    const results = outcomes.flatMap(({ out }) => (out === "" ? [] : JSON.parse(out)));
    for (const name of names) {
      const key = `weights/m-${name}`;
      const { rows } = await history(`m-${name}`);
      // A gap would be a write that no record tells of.
      expect(rows.every(({ kind }) => kind === "record")).toBe(true);
      const told = results.filter((one) => one.key === key && one.result !== "unchanged");
      expect(rows).toHaveLength(told.length);
      const [last] = rows;
      expect((await etcd.get(`/serin/${key}`))?.value).toBe(last?.changes[0]?.after);
    }
  });
});
