/**
 * The command line: one file per command. Wrong usage ends with 2 and help, whatever else goes wrong
 * with 1 and one sentence.
 */
import { Command, CommanderError } from "commander";
import { addAccessFlags } from "./admin-access.ts";
import { addApply } from "./apply-command.ts";
import { addBootstrap } from "./bootstrap-command.ts";
import { addComplete } from "./complete-command.ts";
import { addCompletion } from "./completion-command.ts";
import {
  type CliContext,
  type CliIo,
  type CliRun,
  type Environment,
  exitCodes,
} from "./context.ts";
import { addDelete } from "./delete-command.ts";
import { addDemoBackend, addDev } from "./dev-command.ts";
import { addDiff } from "./diff-command.ts";
import { addEdit } from "./edit-command.ts";
import { addExplain } from "./explain-command.ts";
import { addGet } from "./get-command.ts";
import { addHealth } from "./health-command.ts";
import { addHistory } from "./history-command.ts";
import { addImport } from "./import-command.ts";
import { addPlan } from "./plan-command.ts";
import { addRollout } from "./rollout-command.ts";
import { addServe } from "./serve-command.ts";
import { addSnapshot } from "./snapshot-command.ts";
import { addStatus } from "./status-command.ts";
import { addToken } from "./token-command.ts";
import { addUndo } from "./undo-command.ts";
import { addValidate } from "./validate-command.ts";
import { addVerdicts } from "./verdicts.ts";
import { packageVersion } from "./version.ts";
import { addWeight } from "./weight-command.ts";

export type { CliIo, CliRun, DevOptions } from "./context.ts";
export type { Terminal } from "./terminal.ts";

/** Runs one command; `argv` without node and script. Returns the exit code of the process. */
export async function runCli(
  argv: readonly string[],
  env: Environment,
  io: CliIo,
  run: CliRun,
): Promise<number> {
  const context: CliContext = { io, env, run, exitCode: exitCodes.done };
  try {
    await makeProgram(context).parseAsync([...argv], { from: "user" });
    return context.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
}

/** All commands, to be looked at and not to be run. */
export function commandTree(): Command {
  const none = { stdout: () => undefined, stderr: () => undefined };
  const run = { serve: async () => exitCodes.failed, dev: async () => exitCodes.failed };
  return makeProgram({ io: none, env: {}, run, exitCode: exitCodes.done });
}

function makeProgram(context: CliContext): Command {
  const { stdout, stderr } = context.io;
  const program = new Command("serin")
    .description("An Envoy xDS management server for gray (canary) release, driven by etcd.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpCommand("help [command]", "show help of a command")
    // A command may have a --version of its own.
    .enablePositionalOptions()
    .showHelpAfterError("(--help tells more)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout(text),
      writeErr: (text) => void stderr(text),
    })
    .addHelpText(
      "after",
      `
Every flag can be set in the environment. Exit codes: 0 done, 1 refused or failed, 2 wrong usage,
3 timed out; of diff and plan 0 the same, 1 another, 2 failed.`,
    );
  for (const add of [
    addServe,
    addGet,
    addApply,
    addDelete,
    addEdit,
    addDiff,
    addPlan,
    addWeight,
    addRollout,
    addHealth,
    addHistory,
    addUndo,
    addStatus,
    addVerdicts,
    addExplain,
    addSnapshot,
    addValidate,
    addToken,
    addBootstrap,
    addImport,
    addDev,
    addDemoBackend,
    addCompletion,
    addComplete,
  ])
    add(program, context);
  addAccessFlags(program);
  return program;
}
