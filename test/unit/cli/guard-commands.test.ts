import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freshFolder } from "../../support/tmp.ts";
import { alertFor } from "../rollout/alert/alerts.ts";

let lab: AdminLab | undefined;
const folders: string[] = [];
afterEach(async () => {
  await lab?.close();
  lab = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const latch = { atMs: 1_700_000_000_000, guard: "http-5xx", evidence: "v2: it failed" };
const status = { latched: { v2: latch }, retried: {}, operation: "1" };

async function start(more: Readonly<Record<string, object>> = {}): Promise<AdminLab> {
  lab = await adminLab({ objects: { ...webObjects, ...more } });
  await lab.app.started;
  return lab;
}

describe("rollout get", () => {
  it("shows verdicts with their reasons, and latches that no guard watches", async () => {
    const { app, url } = await start({
      "status/guards/web": { ...status, latched: { v3: latch } },
    });
    const reason = "v2: it failed\u001b[31m";
    const look = { guard: { name: "http-5xx" }, subset: "v2", verdict: "fail", reason };
    Object.assign(app, { guards: () => ({ leads: true, looks: [look] }) });
    const { code, out } = await cli(["rollout", "get", "web", "--admin", url]);
    expect(code).toBe(0);
    expect(out.replaceAll(/ +/g, " ")).toContain(
      "GUARD VERSION VERDICT WHY\n" +
        "http-5xx v2 fail v2: it failed [31m\n" +
        "http-5xx v3 latched v2: it failed\n",
    );
  });

  it("says which alerts have not arrived, and nothing where all have", async () => {
    const { webhook } = alertFor("slack");
    const alert = { service: "web", severity: "error", title: "out", text: "it failed", webhook };
    const { app, url } = await start({ "status/alerts/1": { ...alert, atMs: 1_700_000_000_000 } });
    Object.assign(app, { lostAlerts: () => 2 });
    const { out } = await cli(["rollout", "get", "web", "--admin", url]);
    expect(out).toBe(
      "web has no release, and no guard watches it\n\n" +
        "alerts that have not arrived yet: 1, the oldest since 2023-11-14T22:13:20.000Z (slack at hooks.example)\n" +
        "alerts that have reached nobody: 2; the log of this replica has them\n",
    );
    Object.assign(app, { lostAlerts: () => 0 });
    const other = await cli(["rollout", "get", "other", "--admin", url]);
    expect(other).toMatchObject({ code: 1, out: "", err: "serin: no service other\n" });
  });

  it("gives the same as JSON and as YAML", async () => {
    const { url } = await start({ "status/guards/web": status });
    const json = await cli(["rollout", "get", "web", "-o", "json", "--admin", url]);
    const yaml = await cli(["rollout", "get", "web", "-o", "yaml", "--admin", url]);
    expect(JSON.parse(json.out)).toMatchObject({ service: "web", latched: [{ subset: "v2" }] });
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out));
  });

  it("refuses a name that is none, and says where nobody answers", async () => {
    expect((await cli(["rollout", "get", "-x-"])).code).toBe(2);
    const none = await cli(["rollout", "get", "web", "--admin", "http://127.0.0.1:1"]);
    expect(none.code).not.toBe(0);
    expect(none.err).toMatch(/^serin: no answer from http:\/\/127\.0\.0\.1:1/);
  });
});

describe("rollout retry", () => {
  it("brings back what was taken out, waits for the proxies, and is in the history", async () => {
    const { app, url } = await start({ "status/guards/web": status });
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const argv = ["rollout", "retry", "web", "--admin", url];
    const retried = await cli([...argv, "--wait"], { env: { SERIN_BY: "ann@host" } });
    expect(retried).toMatchObject({ code: 0, err: "" });
    expect(retried.out).toContain("web: v2 may have traffic again, at revision 2\n");
    const { out } = await cli(["history", "web", "-o", "json", "--admin", url]);
    expect(JSON.parse(out).rows[0]).toMatchObject({ by: "ann@host", why: "retry" });
    const again = await cli(argv);
    expect(again.code).toBe(1);
    expect(again.err).toContain("no guard has taken out a version of web");
  });

  it.each([
    ["json", (text: string): unknown => JSON.parse(text)],
    ["yaml", (text: string): unknown => parse(text)],
  ] as const)("answers as %s", async (format, read) => {
    const { url } = await start({ "status/guards/web": status });
    const { out } = await cli(["rollout", "retry", "web", "-o", format, "--admin", url]);
    expect(read(out)).toMatchObject({ service: "web", revision: 2, subsets: ["v2"] });
  });

  it("writes straight to a store", async () => {
    const folder = freshFolder("retry");
    folders.push(folder);
    const file = join(folder, "status", "guards", "web.json");
    mkdirSync(join(folder, "status", "guards"), { recursive: true });
    writeFileSync(file, JSON.stringify(status));
    mkdirSync(join(folder, "endpoints", "web"), { recursive: true });
    writeFileSync(join(folder, "endpoints", "web", "a.json"), '{"address":"127.0.0.1:1"}');
    const argv = ["rollout", "retry", "web", "--store", `file:${folder}`];
    const retried = await cli(argv);
    expect(retried).toMatchObject({ code: 0, err: "" });
    expect(retried.out).toMatch(/^web: v2 may have traffic again, at revision \d+\n/);
    expect(JSON.parse(readFileSync(file, "utf8")).latched).toEqual({});
    const again = await cli(argv);
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toBe("serin: no guard has taken out a version of web\n");
    writeFileSync(file, "{");
    expect((await cli(argv)).err).toContain("status/guards/web: ");
  });
});
