import type { Command } from "commander";
import type { ApiFailure, Client } from "../api/client.ts";
import type { Result } from "../lib/result.ts";
import { fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { formatted, type OutputFlags } from "./table.ts";

/** Asks the admin API, and prints the answer; `text` is what people get. An exit code. */
export async function showAnswer<T>(
  command: Command,
  context: CliContext,
  ask: (api: Client) => Promise<Result<T, ApiFailure>>,
  text: (answer: T) => string,
): Promise<number> {
  const read = await fromAdmin(command, ask);
  if (!read.ok) return tellFailure(context, read.error);
  const { output } = command.opts<OutputFlags>();
  context.io.stdout(formatted(output, read.value, () => text(read.value)));
  return exitCodes.done;
}
