/** `serin status`: a row a proxy, a column a type. */
import type { Command } from "commander";
import {
  type AdminFlags,
  adminFlag,
  askReadiness,
  fromAdmin,
  notSerin,
  tellFailure,
} from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { acting, flag } from "./flags.ts";
import { statusText } from "./status-text.ts";
import { watchStatus } from "./status-watch.ts";
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { paintFor } from "./terminal.ts";

export function addStatus(program: Command, context: CliContext): void {
  const command = program
    .command("status")
    .description("Show every connected proxy and how far it is with each type.");
  command
    .addOption(adminFlag())
    .addOption(outputFlag())
    .addOption(flag("-w, --watch", "SERIN_WATCH", "follow it until Ctrl-C, which ends it with 0"))
    .addHelpText(
      "after",
      `
SYNCED: the proxy accepted the newest. PENDING: something newer is on its way. STALE: on its way for
too long. NACKED: the proxy rejected something; its words stand below the table. Exit code 1 where
serin is not ready.

VIEW says what a proxy's resources are of besides its gateways. weights: those in release travel as
runtime keys (RTDS); all: every service, as gRPC clients may ask for any; node: its own snapshot.

--watch draws the table again at a terminal; elsewhere it adds a line, or with -o a document, for each
change. It follows the server's stream of events; where that is refused, it looks each second, and says so.

Examples:
  serin status
  serin status --watch
  serin status -o json | jq '.[].types[] | select(.status == "NACKED")'`,
    )
    .action(
      acting(context, command, () =>
        command.opts<{ readonly watch?: boolean }>().watch === true
          ? watchStatus(command, context)
          : status(command, context),
      ),
    );
}

async function status(command: Command, context: CliContext): Promise<number> {
  const proxies = await fromAdmin(command, (api) => api.all("GET /v1/proxies"));
  if (!proxies.ok) return tellFailure(context, proxies.error);
  const { output, admin } = command.opts<OutputFlags & AdminFlags>();
  const readiness = await askReadiness(command);
  if (readiness === undefined) {
    return tellFailure(context, notSerin(admin, "it tells no proxies"));
  }
  if (readiness.text !== "ready") context.io.stderr(`serin is ${plainText(readiness.text)}\n`);
  context.io.stdout(
    formatted(output, proxies.value, () => statusText(proxies.value, paintFor(context))),
  );
  return readiness.ready ? exitCodes.done : exitCodes.failed;
}
