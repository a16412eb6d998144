/** `serin status`: a row a proxy, a column a type. */
import type { Command } from "commander";
import type { ProxyStatus, TypeStatus } from "../admin/proxy-status.ts";
import { adminFlag, callAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { acting } from "./flags.ts";
import { ageText, formatted, type OutputFlags, outputFlag, plainText, tableText } from "./table.ts";

export function addStatus(program: Command, context: CliContext): void {
  const command = program
    .command("status")
    .description("Show every connected proxy and how far it is with each type.");
  command
    .addOption(adminFlag())
    .addOption(outputFlag())
    .addHelpText(
      "after",
      `
SYNCED: the proxy accepted the newest. PENDING: something newer is on its way. STALE: on its way for
too long. NACKED: the proxy rejected something; its words stand below the table.

Examples:
  serin status
  serin status -o json | jq '.[].types[] | select(.status == "NACKED")'`,
    )
    .action(acting(context, command, () => status(command, context)));
}

async function status(command: Command, context: CliContext): Promise<number> {
  const proxies = await callAdmin<readonly ProxyStatus[]>(command, "/v1/proxies");
  if (!proxies.ok) return tellFailure(context, proxies.error);
  const { output } = command.opts<OutputFlags>();
  context.io.stdout(formatted(output, proxies.value, () => statusText(proxies.value)));
  return exitCodes.done;
}

const commonTypes = ["CDS", "EDS", "LDS", "RDS"];

export function statusText(proxies: readonly ProxyStatus[]): string {
  if (proxies.length === 0) return "no proxy is connected\n";
  const asked = new Set(proxies.flatMap(({ types }) => types.map(({ type }) => type)));
  const others = [...asked].filter((type) => !commonTypes.includes(type)).sort();
  const columns = [...commonTypes.filter((type) => asked.has(type)), ...others];
  const rows = proxies.map((proxy) => [
    plainText(proxy.node),
    plainText(proxy.cluster),
    plainText(proxy.view === null ? "-" : proxy.view),
    plainText(proxy.userAgent),
    ...columns.map((column) => cell(proxy.types.find(({ type }) => type === column))),
  ]);
  const head = ["NODE", "CLUSTER", "GATEWAYS", "PROXY", ...columns.map(plainText)];
  return tableText([head, ...rows]) + proxies.flatMap(nackLines).join("");
}

/** Enough of a version to tell it from others. */
const shortVersion = (version: string | null): string =>
  version === null ? "-" : plainText(version).slice(0, 8);

function cell(type: TypeStatus | undefined): string {
  if (type === undefined) return "-";
  const version = type.status === "SYNCED" ? type.versionAcked : type.versionSent;
  return `${type.status} ${shortVersion(version)} ${ageText(type.ageMs)}`;
}

function nackLines({ node, types }: ProxyStatus): readonly string[] {
  return types.flatMap(({ type, nack }) => {
    if (nack === undefined) return [];
    const head = `\n${plainText(node)} rejected ${type} ${shortVersion(nack.version)}`;
    const names = nack.names.map(plainText).join(", ");
    return [`${head} (${names}; parts may be in force):\n  ${plainText(nack.message)}\n`];
  });
}
