/** Whose content resources are made of: the server's store, or one that this command reads itself. */
import type { Command, Option } from "commander";
import { directStore } from "./direct-store.ts";
import { integerFrom, usageError } from "./flags.ts";
import { objectFlags } from "./objects.ts";
import { defaultGatewayFlag } from "./serve-command.ts";

export const revisionOf = integerFrom(1, Number.MAX_SAFE_INTEGER);

export const contentFlags = (): readonly Option[] => [defaultGatewayFlag(), ...objectFlags()];

/** Ends the command where a flag would count for nothing. */
export function checkContentFlags(command: Command): void {
  const isGiven = command.getOptionValueSource("defaultGateway") === "cli";
  if (isGiven && directStore(command) === undefined) {
    usageError(command, "--default-gateway goes with --store; the server has its own");
  }
}
