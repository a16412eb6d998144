/**
 * Runs the steps of one world of a page, inside of a network of its own: `run-world.ts FOLDER`, with the
 * steps in `FOLDER/.ran/steps.json`. Prints what is wrong, as JSON; see world.ts, which starts it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { httpGet } from "../../../src/dev/readiness.ts";
import { eventually } from "../wait.ts";
import { isAsShown } from "./expected-output.ts";
import type { Step } from "./page.ts";
import { type Background, openShell, type Ran } from "./shell.ts";

const adminUrl = "http://127.0.0.1:18001";

/** Commands that run until they are stopped, and where they answer when they are ready. */
const servers: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^etcd /, () => "http://127.0.0.1:2379/health"],
  [/^envoy -c /, () => "http://127.0.0.1:9901/ready"],
  [/^(?:node dist\/main\.js|(?:npx )?serin) (?:serve |dev$)/, () => `${adminUrl}/readyz`],
  [/^node dist\/main\.js demo-backend .*--listen (\S+)/, ([, at]) => `http://${at}/health`],
];

/** Users: nothing to wait for. */
const isEndless = (command: string): boolean => command.startsWith("while sleep ");

/** How long a server may take, and what a page shows as coming by itself. */
const readyMs = 20_000;
const printedMs = 90_000;

const [folder = ""] = process.argv.slice(2);
const steps = JSON.parse(readFileSync(join(folder, ".ran/steps.json"), "utf8")) as readonly Step[];
const shell = openShell(folder, { ...process.env, HOME: process.env["HOME"] ?? folder });
const running = new Map<string, Background>();
const last = new Map<string, Ran>();
const problems: string[] = [];

for (const step of steps) {
  // Read where the whole is ended from outside.
  process.stderr.write(`line ${step.line} `);
  try {
    await take(step);
  } catch (error) {
    problems.push(`line ${step.line}: ${error instanceof Error ? error.message : String(error)}`);
    // What follows rests upon it.
    break;
  }
}
if (problems.length === 0) problems.push(...(await refused()));
for (const { pid } of running.values()) end(pid);
shell.close();
process.stdout.write(JSON.stringify(problems));

async function take(step: Step): Promise<void> {
  if (step.kind === "output") await printed(step.command, step.text);
  else if (step.kind === "command") await command(step.text, step.code);
}

async function command(text: string, wanted: number): Promise<void> {
  for (const [pattern, urlOf] of servers) {
    const match = pattern.exec(text);
    if (match !== null) return started(text, urlOf(match));
  }
  if (isEndless(text)) {
    running.set(text, await shell.start(text));
    return;
  }
  const ran = await shell.run(text);
  last.set(text, ran);
  if (ran.code !== wanted) {
    throw new Error(
      `ends with ${ran.code}, not ${wanted}: ${text}\n${tail(ran.stdout)}${tail(ran.stderr)}`,
    );
  }
}

/** A reader stops the one before, which has the same port. */
async function started(text: string, url: string): Promise<void> {
  const before = running.get(url);
  if (before !== undefined) {
    end(before.pid);
    await eventually(async () => (await httpGet(url)).status === 0, { what: `the end of ${url}` });
  }
  const server = await shell.start(text);
  running.set(url, server);
  const isReady = async (): Promise<boolean> => {
    if ((await httpGet(url)).status === 200) return true;
    if (isGone(server.pid)) throw new Error("it has ended");
    return false;
  };
  await eventually(isReady, { what: `${text} to be ready`, timeoutMs: readyMs }).catch((error) => {
    throw new Error(`${error.message}\n${server.output()}`);
  });
}

/** What is there already, or what comes when it is asked again. */
async function printed(text: string, shown: string): Promise<void> {
  let out = last.get(text)?.stdout;
  const isShown = async (): Promise<boolean> => {
    if (out !== undefined && isAsShown(shown, out)) return true;
    out = (await shell.run(text)).stdout;
    return isAsShown(shown, out);
  };
  const wait = { what: `${text} to print this`, timeoutMs: printedMs, intervalMs: 500 };
  await eventually(isShown, wait).catch((error) => {
    throw new Error(`${error.message}\nshown:\n${shown}\nprinted:\n${out}`);
  });
}

const tail = (text: string): string => text.slice(-1_000);

/** Objects of the page that serin does not take. */
async function refused(): Promise<readonly string[]> {
  if (![...running.keys()].some((url) => url.startsWith(adminUrl))) return [];
  const answer = await fetch(`${adminUrl}/v1/diagnostics`);
  const diagnostics = (await answer.json()) as readonly Readonly<Record<string, string>>[];
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, key, path, message }) => `${code} ${key} ${path}: ${message}`);
}

function end(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // Gone already.
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
