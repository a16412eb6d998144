/** How far proxies are, as a table: a row a proxy, a column a type. */
import type { ProxyStatus, TypeStatus } from "../api/proxies.ts";
import { ageText, plainText, tableText } from "./table.ts";
import { type Paint, unpainted } from "./terminal.ts";

const commonTypes = ["CDS", "EDS", "LDS", "RDS"];

export function statusText(proxies: readonly ProxyStatus[], paint: Paint = unpainted): string {
  if (proxies.length === 0) return "no proxy is connected\n";
  const asked = new Set(proxies.flatMap(({ types }) => types.map(({ type }) => type)));
  const others = [...asked].filter((type) => !commonTypes.includes(type)).sort();
  const columns = [...commonTypes.filter((type) => asked.has(type)), ...others];
  const rows = proxies.map((proxy) => [
    plainText(proxy.node),
    plainText(proxy.cluster),
    ...viewCells(proxy.view),
    plainText(proxy.userAgent),
    ...columns.map((column) =>
      cell(
        proxy.types.find(({ type }) => type === column),
        paint,
      ),
    ),
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

const colours = { SYNCED: "green", PENDING: "yellow", STALE: "yellow", NACKED: "red" } as const;

/** Enough of a version to tell it from others. */
export const shortVersion = (version: string | null): string =>
  version === null ? "-" : plainText(version).slice(0, 8);

function cell(type: TypeStatus | undefined, paint: Paint): string {
  if (type === undefined) return "-";
  const version = type.status === "SYNCED" ? type.versionAcked : type.versionSent;
  return `${paint(colours[type.status], type.status)} ${shortVersion(version)} ${ageText(type.ageMs)}`;
}

function nackLines({ node, types }: ProxyStatus): readonly string[] {
  return types.flatMap(({ type, nack }) => {
    if (nack === undefined) return [];
    const head = `\n${plainText(node)} rejected ${type} ${shortVersion(nack.version)}`;
    const names = nack.names.map(plainText).join(", ");
    return [`${head} (${names}; parts may be in force):\n  ${plainText(nack.message)}\n`];
  });
}
