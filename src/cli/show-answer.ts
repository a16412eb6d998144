import type { Command } from "commander";
import { callAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { formatted, type OutputFlags } from "./table.ts";

/** Asks the admin API for `path`, and prints the answer; `text` is what people get. An exit code. */
export async function showAnswer<T>(
  command: Command,
  context: CliContext,
  path: string,
  text: (answer: T) => string,
): Promise<number> {
  const read = await callAdmin<T>(command, path);
  if (!read.ok) return tellFailure(context, read.error);
  const { output } = command.opts<OutputFlags>();
  context.io.stdout(formatted(output, read.value, () => text(read.value)));
  return exitCodes.done;
}
