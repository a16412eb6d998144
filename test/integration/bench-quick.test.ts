import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);

/** The process ends with 1 where a bound is broken, and its table tells which. */
it("a change and a reconnection cost no more than they may", async () => {
  const options = { cwd: root, timeout: 170_000 };
  const run = promisify(execFile)("npm", ["run", "--silent", "bench:quick"], options);
  const broken = await run.then(
    ({ stdout }) => (/\nAll \d+ are within their bounds /.test(stdout) ? "" : stdout),
    (error: { readonly stdout?: string; readonly stderr?: string }) =>
      `${error.stdout ?? ""}\n${error.stderr ?? ""}`,
  );
  expect(broken).toBe("");
}, 180_000);
