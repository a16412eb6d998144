import type { Command } from "commander";
import { err, ok, type Result } from "../lib/result.ts";
import { faultsOf, partedByOwner } from "./apply-plan.ts";
import type { CliContext } from "./context.ts";
import { tellFaults } from "./object-faults.ts";
import { type FileObject, filesAsked } from "./validate-input.ts";

/** Objects of files that could be written, for `diff` and `plan`; what keeps them from it is told, each. */
export async function comparedObjects(
  command: Command,
  context: CliContext,
): Promise<Result<readonly FileObject[], string>> {
  const read = await filesAsked(command, context);
  if (!read.ok) return read;
  const { theirs } = partedByOwner(read.value);
  const faults = faultsOf(theirs).filter(({ severity }) => severity === "error");
  tellFaults(context, faults);
  return faults.length > 0 ? err("these would be refused") : ok(theirs);
}
