/** `serin rollout`: how a release goes, how guards judge it, and what people say to it. */
import type { Command } from "commander";
import type { Client } from "../api/client.ts";
import { adminFlag } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { acting } from "./flags.ts";
import { addReleaseCommands } from "./release-commands.ts";
import { rolloutText } from "./release-text.ts";
import { serviceName } from "./service-argument.ts";
import { showAnswer } from "./show-answer.ts";
import { outputFlag } from "./table.ts";

export function addRollout(program: Command, context: CliContext): void {
  const rollout = program
    .command("rollout")
    .description("Show releases and what guards have found, and say to them what to do.");
  addGet(rollout, context);
  addReleaseCommands(rollout, context);
}

function addGet(rollout: Command, context: CliContext): void {
  const command = rollout
    .command("get")
    .description("Show how the release of a service stands, and how guards judge its versions.")
    .argument("<service>", "name of the service", serviceName)
    .addOption(adminFlag())
    .addOption(outputFlag());
  command
    .addHelpText(
      "after",
      `
PHASE is Progressing, Paused, Degraded (aborted or late), Healthy (complete) or Pending (not begun).
VERDICT is pass, fail, hold (nothing can be said: no data, old data, or too little) or latched (taken
out until \`serin rollout retry\`).

Examples:
  serin rollout get web
  serin rollout get web -o json | jq '.release.message'`,
    )
    .action(acting(context, command, () => get(command, context)));
}

function get(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const ask = (api: Client) => api.call("GET /v1/rollouts/{service}", { params: { service } });
  return showAnswer(command, context, ask, rolloutText);
}
