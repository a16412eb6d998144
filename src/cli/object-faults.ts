/** What is wrong with objects of files, each with its file. */
import type { Fault } from "./apply-plan.ts";
import type { CliContext } from "./context.ts";
import { plainText } from "./table.ts";

export function tellFaults(context: CliContext, faults: readonly Fault[]): void {
  for (const fault of faults) context.io.stderr(`${faultText(fault)} (${plainText(fault.file)})\n`);
}

export function faultText({ severity, key, path, message }: Omit<Fault, "file">): string {
  const where = path === "" ? key : `${key}: ${path}`;
  return plainText(`${severity}: ${where}: ${message}`);
}
