/** `serin history`: who changed the weights, routes and releases of a service, when and why. */
import type { Command } from "commander";
import { historyJson } from "../admin/history-json.ts";
import type { HistoryJson } from "../api/history.ts";
import { err, ok } from "../lib/result.ts";
import { readHistory } from "../store/read-history.ts";
import { adminFlag, fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { directStore, storeFailure, withStore } from "./direct-store.ts";
import { acting } from "./flags.ts";
import { historyText } from "./history-text.ts";
import { serviceName } from "./service-argument.ts";
import { storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";

export function addHistory(program: Command, context: CliContext): void {
  const command = program
    .command("history")
    .description("Show who changed what of a service, when and why.")
    .argument("<service>", "name of the service", serviceName);
  command.addOption(adminFlag()).addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
The newest change is the first. A row without an id is a change that was written past serin, for
example by etcdctl: nobody knows by whom.

Examples:
  serin history web
  serin history web -o json | jq '.rows[0]'`,
    )
    .action(acting(context, command, () => history(command, context)));
}

async function history(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const store = directStore(command);
  const read =
    store === undefined
      ? await fromAdmin(command, (api) =>
          api.call("GET /v1/history/{service}", { params: { service } }),
        )
      : await withStore<HistoryJson>(command, context, store, async (opened) => {
          const found = await readHistory(opened, service);
          return found.ok ? ok(historyJson(service, found.value)) : err(storeFailure(found.error));
        });
  if (!read.ok) return tellFailure(context, read.error);
  for (const { key, reason } of read.value.broken) {
    context.io.stderr(`warning: ${key}: ${reason}\n`);
  }
  const { output } = command.opts<OutputFlags>();
  context.io.stdout(formatted(output, read.value, () => historyText(read.value)));
  return exitCodes.done;
}
