import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { startChild } from "../../src/dev/child.ts";
import { unwrap } from "../support/binaries.ts";
import { runLoad } from "../support/load.ts";
import { freePort } from "../support/ports.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** For files that one which is killed leaves behind. */
const env = { TMPDIR: freshFolder("dev-tests") };
afterAll(() => rmSync(env.TMPDIR, { recursive: true, force: true }));

/** What `npm start` runs, but for fewer and quicker steps. */
const startDev = async (port: number, ...more: readonly string[]) =>
  unwrap(
    await startChild({
      name: "serin dev",
      command: process.execPath,
      args: [main, "dev", "--port", String(port), "--step-seconds", "2", ...more],
      env,
    }),
  );

/** Of all that run; what has ended and is not asked for yet is none. */
const processes = () =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , stat = "Z"]) => !stat.startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));

const childrenOf = (of: number): readonly number[] =>
  processes().flatMap(({ pid, parent }) => (parent === of ? [pid] : []));

const allGone = (pids: readonly number[]) => () =>
  processes().every(({ pid }) => !pids.includes(pid));

describe("serin dev", () => {
  it("shows the split in the terminal while the weight changes, and ends by itself", async () => {
    const child = await startDev(await freePort(), "--steps", "3");
    const line = async (pattern: RegExp): Promise<void> => {
      unwrap(await child.waitForLine(pattern, 40_000));
    };
    await line(/curl -H 'Host: web' http:\/\/127\.0\.0\.1:\d+\//);
    await line(/weights v1=100 v2=0 .* v1 100 % {2}v2 {3}0 %/);
    await line(/weights v1=90 v2=10 .* of \d+ requests/);
    await line(/weights v1=50 v2=50 .* v1 {2}\d\d % {2}v2 {2}\d\d %/);
    const { code } = await child.exited;
    expect(code).toBe(0);
    expect(child.logs()).not.toMatch(/failed/);
  });

  it("takes v2 out when it fails, says so as an alert, and begins no release after a retry", async () => {
    const child = await startDev(await freePort());
    const printed = async (pattern: RegExp): Promise<string> =>
      pattern.exec(unwrap(await child.waitForLine(pattern, 40_000)))?.[1] ?? "";
    const page = await printed(/the page: +(http:\S+)\/$/);
    const fail = await printed(/make v2 fail: +curl -X PUT (\S+)$/);
    const mend = await printed(/mend it: +curl -X PUT (\S+)$/);
    await printed(/weights v1=90 v2=10/);
    await fetch(fail, { method: "PUT" });
    await printed(/^\[error\] web: the release is aborted \(v2\): aborted by guard http-5xx/);
    await printed(/weights v1=\d+ v2=0 .* v1 100 % {2}v2 {3}0 %/);
    await fetch(mend, { method: "PUT" });
    const retried = await fetch(`${page}/v1/rollouts/web/retry`, { method: "PUT" });
    expect(retried.status).toBe(200);
    await printed(/^web is in your hands/);
    await printed(/^\[info\] web: the release is complete \(v2\)/);
    child.signal("SIGTERM");
    expect((await child.exited).code).toBe(0);
  });

  it("answers at the printed address, and ends with all it started on Ctrl-C", async () => {
    const port = await freePort();
    const child = await startDev(port);
    unwrap(await child.waitForLine(/weights v1=100/, 40_000));
    const report = await runLoad({ port, headers: { host: "web" }, total: 50 });
    expect(report.failures).toEqual({});
    child.signal("SIGINT");
    expect((await child.exited).code).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it("leaves nothing behind when it is killed", async () => {
    const child = await startDev(await freePort());
    unwrap(await child.waitForLine(/weights v1=100/, 40_000));
    const children = childrenOf(child.pid);
    // Envoy, and who watches over it.
    expect(children.length).toBeGreaterThanOrEqual(2);
    await child.kill();
    await eventually(allGone(children), { what: "the end of its children", timeoutMs: 10_000 });
  });

  it("ends with npm's shell, which a signal to npm ends alone", async () => {
    const dev = `"${process.execPath}" "${main}" dev --port ${await freePort()}`;
    const shell = unwrap(
      await startChild({
        name: "npm's shell",
        command: "sh",
        // As `npm start` has it: the shell stays.
        args: ["-c", `true && ${dev} && true`],
        env: { ...env, npm_lifecycle_event: "start" },
      }),
    );
    unwrap(await shell.waitForLine(/weights v1=100/, 40_000));
    const [serin = 0] = childrenOf(shell.pid);
    const all = [serin, ...childrenOf(serin)];
    expect(all.length).toBeGreaterThanOrEqual(3);
    shell.signal("SIGTERM");
    await eventually(allGone(all), { what: "the end of all", timeoutMs: 15_000 });
  });
});
