import { afterEach, describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, adminLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freePort } from "../../support/ports.ts";
import { eventually } from "../../support/wait.ts";

let open: AdminLab[] = [];

afterEach(async () => {
  await Promise.all(open.map((lab) => lab.close()));
  open = [];
});

async function start(): Promise<AdminLab> {
  const lab = await adminLab();
  open.push(lab);
  await lab.app.started;
  return lab;
}

/** The command, what it has said so far, and what ends it. */
function watch(url: string, more: readonly string[] = [], terminal = false) {
  const stop = new AbortController();
  const said: string[] = [];
  const outTerminal = { size: () => ({ columns: 60, rows: 6 }) };
  const options = {
    stop: stop.signal,
    onOut: (text: string) => void said.push(text),
    onErr: (text: string) => void said.push(text),
    ...(terminal && { outTerminal }),
  };
  const done = cli(["status", "--watch", "--admin", url, ...more], options);
  const until = (what: string) =>
    eventually(() => said.join("").includes(what), { what: `"${what}"` });
  return { done, said, until, stop: () => stop.abort() };
}

describe("status --watch", () => {
  it("adds a line for each change, and ends with 0", async () => {
    const { app, url } = await start();
    const watching = watch(url);
    const proxy = connectProxy(app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    await watching.until("Z edge-1 (10.0.0.9:1) CDS PENDING ");
    proxy.ack(typeUrls.cluster);
    await watching.until("Z edge-1 (10.0.0.9:1) CDS SYNCED ");
    proxy.close();
    await watching.until("Z edge-1 (10.0.0.9:1) gone\n");
    watching.stop();
    const { code, err, out } = await watching.done;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).not.toContain("\u001b");
  });

  it("says what a proxy rejects, in a line or a document", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    proxy.nack(typeUrls.cluster, "bad\ncluster");
    const lines = watch(url);
    await lines.until(": bad cluster\n");
    const json = watch(url, ["-o", "json"]);
    await json.until('"status":"NACKED"');
    const yaml = watch(url, ["-o", "yaml"]);
    await yaml.until("status: NACKED");
    for (const each of [lines, json, yaml]) each.stop();
    const { out } = await json.done;
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)[0].node),
    ).toEqual(["edge-1"]);
    expect((await yaml.done).out).toMatch(/^---\n- node: edge-1\n/);
    await lines.done;
  });

  it("draws the table again in its place at a terminal, no wider and no higher", async () => {
    const { app, url } = await start();
    for (let n = 0; n < 9; n += 1) {
      connectProxy(app.hub, { id: `edge-${n}` }).subscribe(typeUrls.cluster);
    }
    const watching = watch(url, [], true);
    await eventually(() => watching.said.length >= 2, { what: "a second drawing" });
    watching.stop();
    const { code } = await watching.done;
    expect(code).toBe(0);
    const [first = "", second = ""] = watching.said;
    expect(first).toContain("… 7 more lines");
    expect(first.split("\n")).toHaveLength(6);
    expect(second.startsWith("\r\u001b[5A")).toBe(true);
    for (const line of first.split("\n")) {
      expect(line.replaceAll(/\p{Cc}\[\d*[mKJA]/gu, "").length).toBeLessThan(60);
    }
    expect(first).toContain("\u001b[33mPENDING\u001b[0m");
  });

  it("goes on while the server is away, but not where none ever was", async () => {
    const lab = await start();
    const watching = watch(lab.url);
    connectProxy(lab.app.hub, { id: "edge-1" }).subscribe(typeUrls.cluster);
    await watching.until("edge-1");
    await lab.close();
    open = [];
    await watching.until("serin: no answer from ");
    watching.stop();
    expect(await watching.done).toMatchObject({ code: 0 });
    const none = await watch(`http://127.0.0.1:${await freePort()}`).done;
    expect(none.code).toBe(1);
  });
});

describe("colours", () => {
  it("are for terminals, and not where NO_COLOR is set", async () => {
    const { app, url } = await start();
    app.serving(true);
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const argv = ["status", "--admin", url];
    const outTerminal = { size: () => ({ columns: 200, rows: 50 }) };
    await eventually(
      async () => (await cli(argv, { outTerminal })).out.includes("\u001b[32mSYNCED\u001b[0m"),
      { what: "a green word" },
    );
    expect((await cli(argv, { outTerminal, env: { NO_COLOR: "1" } })).out).not.toContain("\u001b");
    expect((await cli(argv)).out).not.toContain("\u001b");
    expect((await cli([...argv, "-o", "json"], { outTerminal })).out).not.toContain("\u001b");
    // Columns are as wide as what is seen of them.
    const { out } = await cli(argv, { outTerminal });
    const plain = out.replaceAll(/\p{Cc}\[\d+m/gu, "");
    expect(plain.split("\n")[0]).toMatch(/CDS {2,}LDS$/);
  });
});
