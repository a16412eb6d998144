/**
 * A world of its own for some blocks of a page: a network namespace with nothing but loopback, so that the
 * ports that documents name are free, whatever else runs here; and a folder that looks like a clone.
 * Without root the namespace takes a user namespace besides. What runs in it ends with it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { requireBinary } from "../binaries.ts";
import { freshFolder } from "../tmp.ts";
import { projectFolder } from "../tracked.ts";
import type { Step, World } from "./page.ts";
import { sceneCommands } from "./scenes.ts";

const run = promisify(execFile);

/** A world with a release in it takes a minute; the machine may be busy. */
const worldMs = 240_000;

/** What is wrong; nothing: all ran, and printed what is shown. */
export async function runWorld(
  { scene, steps }: World,
  { npx = "quick" }: { readonly npx?: "quick" | "real" } = {},
): Promise<readonly string[]> {
  const begin = sceneCommands(scene);
  if (begin === undefined) return [`there is no scene "${scene}"`];
  const folder = freshFolder("docs");
  try {
    await furnish(folder);
    if (npx === "quick") writeFileSync(join(folder, ".bin/npx"), quickNpx, { mode: 0o755 });
    const first = begin.map((text): Step => ({ kind: "command", line: 0, text, code: 0 }));
    const all = [...first, ...steps].map((step) => inFolder(step, folder));
    writeFileSync(join(folder, ".ran/steps.json"), JSON.stringify(all));
    const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const namespace = [...asRoot, "--net", "--pid", "--fork", "--kill-child"];
    const inside = [
      "ip link set lo up && exec node --import tsx test/support/docs/run-world.ts",
      folder,
    ].join(" ");
    const { stdout, stderr } = await run("unshare", [...namespace, "sh", "-c", inside], {
      cwd: projectFolder,
      env: environment(folder),
      timeout: worldMs,
      killSignal: "SIGKILL",
    }).catch((error: { readonly stderr?: string }) => ({
      stdout: "",
      stderr: String(error.stderr),
    }));
    return stdout === ""
      ? [`no end after ${worldMs} ms, or none at all; steps begun: ${stderr}`]
      : (JSON.parse(stdout) as readonly string[]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The one path that is not taken as it stands: /tmp is everybody's. */
const inFolder = (step: Step, folder: string): Step =>
  step.kind === "command"
    ? { ...step, text: step.text.replaceAll("/tmp/", `${folder}/tmp-`) }
    : step;

async function furnish(folder: string): Promise<void> {
  for (const name of readdirSync(projectFolder)) {
    if (name.startsWith(".")) continue;
    // The store of a folder writes there.
    if (name === "examples")
      cpSync(join(projectFolder, name), join(folder, name), { recursive: true });
    else symlinkSync(join(projectFolder, name), join(folder, name));
  }
  mkdirSync(join(folder, ".ran"));
  mkdirSync(join(folder, ".bin"));
  symlinkSync(join(projectFolder, "dist/main.js"), join(folder, ".bin/serin"));
  for (const name of ["envoy", "etcd", "etcdctl"] as const) {
    const { command } = await requireBinary(name);
    symlinkSync(command, join(folder, ".bin", name));
  }
}

/** `npx serin` without the seconds that npm takes; test/integration/newcomer.test.ts has the real one. */
const quickNpx = `#!/bin/sh
[ "$1" = serin ] || exit 99
shift
exec serin "$@"
`;

const environment = (folder: string): NodeJS.ProcessEnv => {
  const { CI: _, ...own } = process.env;
  return {
    ...own,
    PATH: `${join(folder, ".bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    // An editor that changes nothing.
    EDITOR: "true",
    NO_COLOR: "1",
    ETCDCTL_API: "3",
  };
};
