/** `serin status`: a row a proxy, a column a type. */
import type { Command } from "commander";
import type { ProxyStatus, TypeStatus } from "../admin/proxy-status.ts";
import {
  type AdminFlags,
  adminFlag,
  askReadiness,
  callAdmin,
  notSerin,
  tellFailure,
} from "./admin-client.ts";
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
too long. NACKED: the proxy rejected something; its words stand below the table. Exit code 1 where
serin is not ready.

VIEW says what a proxy's resources are of besides its gateways. weights: those in release travel as
runtime keys (RTDS); all: every service, as gRPC clients may ask for any; node: its own snapshot.

Examples:
  serin status
  serin status -o json | jq '.[].types[] | select(.status == "NACKED")'`,
    )
    .action(acting(context, command, () => status(command, context)));
}

async function status(command: Command, context: CliContext): Promise<number> {
  const proxies = await callAdmin<readonly ProxyStatus[]>(command, "/v1/proxies");
  if (!proxies.ok) return tellFailure(context, proxies.error);
  const { output, admin } = command.opts<OutputFlags & AdminFlags>();
  const readiness = await askReadiness(command);
  if (!Array.isArray(proxies.value) || readiness === undefined) {
    return tellFailure(context, notSerin(admin, "it tells no proxies"));
  }
  if (readiness.text !== "ready") context.io.stderr(`serin is ${plainText(readiness.text)}\n`);
  context.io.stdout(formatted(output, proxies.value, () => statusText(proxies.value)));
  return readiness.ready ? exitCodes.done : exitCodes.failed;
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
    ...viewCells(proxy.view),
    plainText(proxy.userAgent),
    ...columns.map((column) => cell(proxy.types.find(({ type }) => type === column))),
  ]);
  const head = ["NODE", "CLUSTER", "GATEWAYS", "VIEW", "PROXY", ...columns.map(plainText)];
  const below = [...twinLines(proxies), ...proxies.flatMap(nackLines)];
  return tableText([head, ...rows]) + below.join("");
}

/** The gateways that select the proxy, and what besides them its view is of. */
function viewCells(view: string | null): readonly [string, string] {
  const [, layer = "", kind = "", names = ""] =
    /^(weights:)?(all:|node:)?(.*)$/s.exec(view ?? "") ?? [];
  const marks = [layer, kind].filter((mark) => mark !== "").map((mark) => mark.slice(0, -1));
  // A snapshot of the node's own stands in place of all gateways.
  const gateways = kind === "node:" ? "" : plainText(names);
  return [gateways || "-", marks.join(",") || "-"];
}

/** Two Envoys of one id cannot be told apart, in weights, in logs or here. */
function twinLines(proxies: readonly ProxyStatus[]): readonly string[] {
  const peers = new Map<string, Set<string>>();
  for (const { node, userAgent, peer, types } of proxies) {
    // One gRPC process may open many such streams; an Envoy asks for clusters on one.
    if (!userAgent.startsWith("envoy") || !types.some(({ type }) => type === "CDS")) continue;
    peers.set(node, (peers.get(node) ?? new Set()).add(peer));
  }
  const twins = [...peers].filter(([, of]) => of.size > 1);
  return twins.map(([node, of]) => {
    const where = plainText([...of].join(", "));
    return `\nwarning: ${of.size} Envoys call themselves ${plainText(node)} (${where}): give each a node id of its own\n`;
  });
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
