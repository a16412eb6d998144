/** `serin health`: what serin's own probes, which are for gRPC clients, say of the instances of a service. */
import type { Command } from "commander";
import type { Client } from "../api/client.ts";
import type { HealthJson } from "../api/health.ts";
import { adminFlag } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { acting } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { showAnswer } from "./show-answer.ts";
import { outputFlag, plainText, tableText } from "./table.ts";

export function addHealth(program: Command, context: CliContext): void {
  const command = program
    .command("health")
    .description("Show which instances of a service serin keeps gRPC clients from.")
    .argument("<service>", "name of the service", serviceName)
    .addOption(adminFlag())
    .addOption(outputFlag());
  command
    .addHelpText(
      "after",
      `
Envoys probe for themselves; these verdicts are for gRPC clients, who do not. VERDICT is well, sick,
back (well again; if nobody else of its version is well, it gets its share when clients have had the time to
connect) or unknown (not probed: the first line says why).
What Envoys find by their own probes and by answers to requests: \`serin verdicts\`.

Examples:
  serin health web
  serin health web -o json | jq '.instances[] | select(.verdict == "sick")'`,
    )
    .action(acting(context, command, () => health(command, context)));
}

function health(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const ask = (api: Client) => api.call("GET /v1/health/{service}", { params: { service } });
  return showAnswer(command, context, ask, healthText);
}

function healthText({ service, notProbed, instances }: HealthJson): string {
  const first = notProbed === null ? "" : `serin does not probe ${service}: ${notProbed}\n`;
  if (instances.length === 0) return `${first}${service} has no instance\n`;
  const rows = instances.map(({ id, address, version, verdict, since, reason }) =>
    [
      id,
      address,
      version === "" ? "-" : version,
      verdict,
      since === null ? "-" : since.slice(0, 19).concat("Z"),
      reason ?? "-",
    ].map(plainText),
  );
  return (
    first + tableText([["INSTANCE", "ADDRESS", "VERSION", "VERDICT", "SINCE", "WHY"], ...rows])
  );
}
