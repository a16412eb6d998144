import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Child, startChild } from "../../../src/dev/child.ts";
import { createOutputRing } from "../../../src/dev/output-ring.ts";
import { unwrap } from "../../support/binaries.ts";
import { eventually } from "../../support/wait.ts";

const startNode = async (script: string): Promise<Child> =>
  unwrap(await startChild({ command: process.execPath, args: ["-e", script], name: "script" }));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a child process", () => {
  it("that cannot be started is an error, not a throw", async () => {
    const started = await startChild({ command: "/nowhere/envoy", args: [] });
    expect(started).toMatchObject({ ok: false });
    expect(started.ok ? "" : started.error).toMatch(/cannot start \/nowhere\/envoy: .*ENOENT/);
  });

  it("is waited for by a line, whether it came before or comes later", async () => {
    const child = await startNode(
      "console.log('listening on 1'); setTimeout(() => console.error('ready 2'), 50);" +
        "setInterval(() => undefined, 1000)",
    );
    expect(await child.waitForLine(/ready (\d)/, 5_000)).toEqual({ ok: true, value: "ready 2" });
    expect(await child.waitForLine(/listening/, 0)).toMatchObject({ ok: true });
    expect(await child.stop()).toEqual({ code: null, signal: "SIGTERM" });
    expect(isAlive(child.pid)).toBe(false);
  });

  it("that ends too early shows its code and its last output", async () => {
    const child = await startNode("console.error('no such file'); process.exit(3)");
    const waited = await child.waitForLine(/ready/, 5_000);
    expect(waited.ok ? "" : waited.error).toBe(
      "script ended (code 3); waited for a line like /ready/. Its last output:\nno such file",
    );
    const port = await child.waitForPort("127.0.0.1", 1, 5_000);
    expect(port.ok ? "" : port.error).toContain("script ended (code 3)");
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.running).toBe(false);
    expect(child.signal("SIGTERM")).toBe(false);
  });

  it("that is not ready in time says so", async () => {
    const child = await startNode("console.log('busy'); setInterval(() => undefined, 1000)");
    await child.waitForLine(/busy/, 5_000);
    const waited = await child.waitForHttp("http://127.0.0.1:1/ready", 60);
    expect(waited.ok ? "" : waited.error).toBe(
      "script is not ready after 60 ms; waited for 200 from http://127.0.0.1:1/ready. " +
        "Its last output:\nbusy",
    );
    await child.kill();
  });

  it("is waited for by HTTP status 200", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      response.statusCode = ++asked < 3 ? 503 : 200;
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const child = await startNode("setInterval(() => undefined, 1000)");
    expect(await child.waitForHttp(`http://127.0.0.1:${port}/`, 5_000)).toMatchObject({ ok: true });
    expect(asked).toBe(3);
    expect(await child.waitForPort("127.0.0.1", port, 5_000)).toMatchObject({ ok: true });
    await child.kill();
    server.close();
  });

  it("that does not heed TERM is killed", async () => {
    const child = await startNode(
      "process.on('SIGTERM', () => undefined); console.log('up'); setInterval(() => 0, 1000)",
    );
    await child.waitForLine(/up/, 5_000);
    expect(await child.stop(50)).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("is watched while it runs, and no longer", async () => {
    const child = await startNode("setInterval(() => undefined, 1000)");
    const watchers = () =>
      execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.includes(`kill -TERM ${child.pid} `));
    await eventually(() => watchers().length === 1, { what: "the watching shell" });
    await child.stop();
    await eventually(() => watchers().length === 0, { what: "the end of the watching shell" });
  });

  it("ends with its parent, even when that is killed", async () => {
    // The parent is a Node of its own, which does not read TypeScript.
    const file = new URL("../../../src/dev/end-with-parent.ts", import.meta.url);
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    const script = `${outputText}
      const child = spawn("sleep", ["60"]);
      endWithParent(child.pid);
      console.log("pid", child.pid);`;
    const args = ["--input-type=module", "-e", script];
    const parent = unwrap(await startChild({ command: process.execPath, args, name: "parent" }));
    const line = unwrap(await parent.waitForLine(/pid \d+/, 15_000));
    const pid = Number(line.split(" ").at(-1));
    expect(isAlive(pid)).toBe(true);
    await parent.kill();
    await eventually(() => !isAlive(pid), { what: "the end of the grandchild" });
  });
});

describe("the output ring", () => {
  it("keeps the last lines, joins pieces, cuts long ones", () => {
    const ring = createOutputRing(3, 10);
    const seen: string[] = [];
    ring.onLine((line) => seen.push(line));
    ring.write("one\ntw");
    ring.write("o\r\nthree\nfour\nfi");
    expect(ring.lines()).toEqual(["two", "three", "four", "fi"]);
    ring.write(`${"x".repeat(20)}`);
    expect(ring.lines().at(-1)).toBe("fixxxxxxxx…");
    expect(seen).toHaveLength(5);
    expect(ring.lines()).toHaveLength(3);
  });
});
