/**
 * `serin status --watch`: the table drawn again in its place at a terminal, and else a line for each
 * change, so that it can be kept or piped. It goes on while the server is away.
 */
import type { Command } from "commander";
import { stringify } from "yaml";
import type { ProxyStatus } from "../api/proxies.ts";
import { limits } from "../config/limits.ts";
import { type AdminFailure, fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { shortVersion, statusText } from "./status-text.ts";
import { endedWithin, stopped } from "./stopped.ts";
import { type OutputFlags, plainText } from "./table.ts";
import { paintFor, Redrawn } from "./terminal.ts";

/** One way of showing what there is again and again. */
interface Shown {
  proxies(proxies: readonly ProxyStatus[]): void;
  /** Told each time that there is no answer. */
  away(failure: AdminFailure): void;
}

export async function watchStatus(command: Command, context: CliContext): Promise<number> {
  const ended = new AbortController();
  void stopped(context.io).then(() => ended.abort());
  const shown = shownBy(command, context);
  for (let rounds = 0; !ended.signal.aborted; rounds += 1) {
    const how = { signal: ended.signal };
    const read = await fromAdmin(command, (api) => api.all("GET /v1/proxies", {}, how));
    if (read.ok) shown.proxies(read.value);
    else if (!read.ok && !ended.signal.aborted) {
      // A name that is wrong from the start does not mend.
      if (rounds === 0) return tellFailure(context, read.error);
      shown.away(read.error);
    }
    if (await endedWithin(limits.cli.watchMs, ended.signal)) break;
  }
  return exitCodes.done;
}

function shownBy(command: Command, context: CliContext): Shown {
  const { output } = command.opts<OutputFlags>();
  const { outTerminal } = context.io;
  if (output !== "table") return documents(output, context);
  if (outTerminal === undefined) return lines(context);
  return redrawn(context, new Redrawn((text) => context.io.stdout(text), outTerminal));
}

function redrawn(context: CliContext, block: Redrawn): Shown {
  const paint = paintFor(context);
  let last: readonly string[] = [];
  const clock = (): string => new Date().toISOString().slice(11, 19);
  return {
    proxies(proxies) {
      last = statusText(proxies, paint).trimEnd().split("\n");
      block.draw([paint("dim", `${clock()} UTC, every second until Ctrl-C`), ...last]);
    },
    away: ({ detail }) =>
      block.draw([paint("red", `${clock()} UTC: ${plainText(detail)}; as it was:`), ...last]),
  };
}

/** A document whenever something else than an age is new. */
function documents(output: "json" | "yaml", { io }: CliContext): Shown {
  let last: string | undefined;
  return {
    proxies(proxies) {
      const signature = JSON.stringify(proxies.flatMap(stateLines));
      if (signature === last) return;
      last = signature;
      io.stdout(output === "json" ? `${JSON.stringify(proxies)}\n` : `---\n${stringify(proxies)}`);
    },
    away: toldOnce(io),
  };
}

function lines({ io }: CliContext): Shown {
  let last = new Set<string>();
  let nodes = new Set<string>();
  const say = (text: string): unknown =>
    io.stdout(`${new Date().toISOString().slice(0, 19)}Z ${text}\n`);
  return {
    proxies(proxies) {
      const all = proxies.flatMap(stateLines);
      for (const text of all) if (!last.has(text)) say(text);
      last = new Set(all);
      const connected = new Set(proxies.map(proxyText));
      for (const node of nodes) if (!connected.has(node)) say(`${node} gone`);
      nodes = connected;
    },
    away: toldOnce(io),
  };
}

function toldOnce({ stderr }: CliContext["io"]): Shown["away"] {
  let told = "";
  return ({ detail }) => {
    if (detail !== told) stderr(`serin: ${plainText(detail)}\n`);
    told = detail;
  };
}

const proxyText = ({ node, peer }: ProxyStatus): string =>
  `${plainText(node)} (${plainText(peer)})`;

/** All that a row says, but for ages. */
function stateLines(proxy: ProxyStatus): readonly string[] {
  const name = proxyText(proxy);
  if (proxy.types.length === 0) return [`${name} connected`];
  return proxy.types.map(({ type, status, versionSent, versionAcked, nack }) => {
    const version = status === "SYNCED" ? versionAcked : versionSent;
    const why = nack === undefined ? "" : `: ${plainText(nack.message)}`;
    return `${name} ${plainText(type)} ${status} ${shortVersion(version)}${why}`;
  });
}
