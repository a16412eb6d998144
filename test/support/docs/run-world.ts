/**
 * Runs the steps of one world of a page, inside of a network of its own: `run-world.ts FOLDER`, with the
 * steps in `FOLDER/.ran/steps.json`. Prints what is wrong, as JSON; see world.ts, which starts it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { httpGet, portAccepts } from "../../../src/dev/readiness.ts";
import { eventually } from "../wait.ts";
import { isAsShown } from "./expected-output.ts";
import type { Step } from "./page.ts";
import { type Background, openShell, type Ran } from "./shell.ts";

const defaultAdmin = "127.0.0.1:18001";

/** Commands that run until they are stopped, and where they answer when they are ready: `host:port`, and a path or none. */
const servers: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^etcd /, () => "127.0.0.1:2379/health"],
  [/^envoy -c /, () => "127.0.0.1:9901/ready"],
  [/^(?:node dist\/main\.js|(?:npx )?serin) serve .*--admin-tls-cert/s, () => defaultAdmin],
  [
    /^(?:node dist\/main\.js|(?:npx )?serin) (?:serve |dev$)(?:.*--admin-listen (\S+))?/s,
    ([, at]) => `${at ?? defaultAdmin}/readyz`,
  ],
  [/^node dist\/main\.js demo-backend .*--listen (\S+)/, ([, at]) => `${at}/health`],
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
async function started(text: string, ready: string): Promise<void> {
  const [address = "", path] = ready.replace("0.0.0.0", "127.0.0.1").split("/");
  const [host = "", port = ""] = address.split(":");
  const before = running.get(address);
  if (before !== undefined) {
    end(before.pid);
    const what = `the end of ${before.command}`;
    await eventually(async () => !(await portAccepts(host, Number(port))), { what });
  }
  const server = await shell.start(text);
  running.set(address, server);
  const isReady = async (): Promise<boolean> => {
    if (
      path === undefined
        ? await portAccepts(host, Number(port))
        : await answers(`${address}/${path}`)
    )
      return true;
    if (isGone(server.pid)) throw new Error("it has ended");
    return false;
  };
  await eventually(isReady, { what: `${text} to be ready`, timeoutMs: readyMs }).catch((error) => {
    throw new Error(`${error.message}\n${tail(server.output())}`);
  });
}

async function answers(url: string): Promise<boolean> {
  return (await httpGet(`http://${url}`)).status === 200;
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

/** As much of an output as says what is wrong. */
function tail(text: string): string {
  return text.slice(-1_000);
}

/** Objects of the page that serin does not take. */
async function refused(): Promise<readonly string[]> {
  if (!running.has(defaultAdmin)) return [];
  const answer = await fetch(`http://${defaultAdmin}/v1/diagnostics`).catch(() => undefined);
  // With TLS: a page about that, and not about objects.
  if (answer?.status !== 200) return [];
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
