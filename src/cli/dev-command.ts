/** `serin dev` and `serin demo-backend`: something to look at without anything of one's own. */
import type { Command } from "commander";
import type { HostPort } from "../config/config.ts";
import { startBackend } from "../dev/backend.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { acting, flag, hostPort, integerFrom } from "./flags.ts";
import { stopped } from "./stopped.ts";
import { plainText } from "./table.ts";

interface DevFlags {
  readonly port: number;
  readonly stepSeconds: number;
  readonly steps?: number;
}

export function addDev(program: Command, context: CliContext): void {
  const command = program
    .command("dev")
    .description("Run a whole gray release here: store, two versions, a real Envoy, a canary.");
  command
    .addOption(
      flag("--port <port>", "SERIN_DEV_PORT", "where Envoy listens", {
        fallback: 10_000,
        parse: integerFrom(1, 65_535),
      }),
    )
    .addOption(
      flag("--step-seconds <n>", "SERIN_DEV_STEP_SECONDS", "time between two steps of the canary", {
        fallback: 8,
        parse: integerFrom(1, 3_600),
      }),
    )
    .addOption(
      flag("--steps <n>", "SERIN_DEV_STEPS", "end after so many steps; without it: Ctrl-C", {
        parse: integerFrom(1, 1_000_000),
      }),
    )
    .addHelpText("after", "\nExamples:\n  serin dev\n  serin dev --port 8080 --steps 4")
    .action(
      acting(context, command, () => {
        const { port, stepSeconds, steps } = command.opts<DevFlags>();
        const say = (line: string) => context.io.stdout(`${line}\n`);
        const fixedPort = command.getOptionValueSource("port") !== "default";
        // By itself it may be meant to outlive its shell (nohup); by npm, that shell is npm's own.
        const endsWithParent = context.env["npm_lifecycle_event"] !== undefined;
        const options = { port, fixedPort, stepSeconds, steps, endsWithParent };
        return context.run.dev({ ...options, say: (line) => void say(line) });
      }),
    );
}

interface BackendFlags {
  readonly version: string;
  readonly listen: HostPort;
  readonly instance?: string;
  /** Per cent. */
  readonly fail: number;
  readonly log?: boolean;
}

export function addDemoBackend(program: Command, context: CliContext): void {
  const command = program
    .command("demo-backend")
    .description("Run one instance of a demo service, whose answers tell its version.");
  command
    .addOption(
      flag("--version <version>", "SERIN_BACKEND_VERSION", "what it says it is", {
        fallback: "v1",
      }),
    )
    .addOption(
      flag("--listen <host:port>", "SERIN_BACKEND_LISTEN", "where it listens", {
        fallback: "127.0.0.1:8081",
        parse: hostPort,
      }),
    )
    .addOption(
      flag("--instance <id>", "SERIN_BACKEND_INSTANCE", "id of the instance; default: the version"),
    )
    .addOption(
      flag("--fail <percent>", "SERIN_BACKEND_FAIL", "share of requests it answers with 500", {
        fallback: 0,
        parse: integerFrom(0, 100),
      }),
    )
    .addOption(flag("--log", "SERIN_BACKEND_LOG", "print a line for each request"))
    .addHelpText(
      "after",
      "\nExamples:\n  serin demo-backend --version v1 --listen 127.0.0.1:8081\n  serin demo-backend --version v2 --listen 127.0.0.1:8082 --fail 30\n  curl -i http://127.0.0.1:8081/",
    )
    .action(acting(context, command, () => demoBackend(command.opts<BackendFlags>(), context)));
}

async function demoBackend(flags: BackendFlags, context: CliContext): Promise<number> {
  const { version, instance = version } = flags;
  const { host, port } = flags.listen;
  try {
    const print = (line: string) => void context.io.stdout(`${plainText(line)}\n`);
    const log = flags.log === true ? { log: print } : {};
    const backend = await startBackend({ version, instance, host, port, ...log });
    backend.failShare(flags.fail / 100);
    context.io.stdout(`demo backend ${version} listens on ${host}:${backend.port}\n`);
    await stopped(context.io);
    await backend.close();
    return exitCodes.done;
  } catch (error) {
    return failed(context, `cannot listen on ${host}:${port}: ${(error as Error).message}`);
  }
}
