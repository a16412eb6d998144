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
import { EventNews } from "./event-news.ts";
import { shortVersion, statusText } from "./status-text.ts";
import { endedWithin, stopped } from "./stopped.ts";
import { type OutputFlags, plainText } from "./table.ts";
import { paintFor, Redrawn } from "./terminal.ts";

/** One way of showing what there is again and again. */
interface Shown {
  /** `refusal`: why the server does not tell by itself what is new. */
  proxies(proxies: readonly ProxyStatus[], refusal: string | undefined): void;
  /** Told each time that there is no answer. */
  away(failure: AdminFailure): void;
}

export async function watchStatus(command: Command, context: CliContext): Promise<number> {
  const ended = new AbortController();
  void stopped(context.io).then(() => ended.abort());
  const { signal } = ended;
  const ask = () => fromAdmin(command, (api) => api.all("GET /v1/proxies", {}, { signal }));
  const first = await ask();
  if (signal.aborted) return exitCodes.done;
  // A name that is wrong from the start does not mend.
  if (!first.ok) return tellFailure(context, first.error);
  const news = new EventNews(["hello", "proxies", "changed"]);
  const following = news.follow(command, signal);
  const shown = shownBy(command, context);
  let [known, askedMs] = [first.value, performance.now()];
  shown.proxies(known, undefined);
  while (!(await endedWithin(limits.cli.watchGapMs, signal))) {
    await news.within(limits.cli.watchMs - limits.cli.watchGapMs, signal);
    if (signal.aborted) break;
    const isNew = news.take();
    const sinceMs = performance.now() - askedMs;
    if (!isNew && news.isOpen && isSettled(known) && sinceMs < limits.cli.watchAnywayMs) {
      shown.proxies(known.map(agedBy(sinceMs)), news.refusal);
      continue;
    }
    const read = await ask();
    if (read.ok) {
      [known, askedMs] = [read.value, performance.now()];
      shown.proxies(known, news.refusal);
    } else if (!signal.aborted) shown.away(read.error);
  }
  await following;
  return exitCodes.done;
}

/** The events count proxies by how far they are, and say nothing of which is which on the way. */
const isSettled = (proxies: readonly ProxyStatus[]): boolean =>
  proxies.every(({ types }) => types.every(({ status }) => status === "SYNCED"));

const agedBy =
  (ms: number) =>
  (proxy: ProxyStatus): ProxyStatus => ({
    ...proxy,
    types: proxy.types.map((type) => ({ ...type, ageMs: type.ageMs + ms })),
  });

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
    proxies(proxies, refusal) {
      last = statusText(proxies, paint).trimEnd().split("\n");
      const how = refusal === undefined ? "" : `, each second: ${plainText(refusal)}`;
      block.draw([paint("dim", `${clock()} UTC, until Ctrl-C${how}`), ...last]);
    },
    away: ({ detail }) =>
      block.draw([paint("red", `${clock()} UTC: ${plainText(detail)}; as it was:`), ...last]),
  };
}

/** A document whenever something else than an age is new. */
function documents(output: "json" | "yaml", { io }: CliContext): Shown {
  let last: string | undefined;
  const told = toldOnce(io);
  return {
    proxies(proxies, refusal) {
      told.refusal(refusal);
      const signature = JSON.stringify(proxies.flatMap(stateLines));
      if (signature === last) return;
      last = signature;
      io.stdout(output === "json" ? `${JSON.stringify(proxies)}\n` : `---\n${stringify(proxies)}`);
    },
    away: told.away,
  };
}

function lines({ io }: CliContext): Shown {
  let last = new Set<string>();
  let nodes = new Set<string>();
  const say = (text: string): unknown =>
    io.stdout(`${new Date().toISOString().slice(0, 19)}Z ${text}\n`);
  const told = toldOnce(io);
  return {
    proxies(proxies, refusal) {
      told.refusal(refusal);
      const all = proxies.flatMap(stateLines);
      for (const text of all) if (!last.has(text)) say(text);
      last = new Set(all);
      const connected = new Set(proxies.map(proxyText));
      for (const node of nodes) if (!connected.has(node)) say(`${node} gone`);
      nodes = connected;
    },
    away: told.away,
  };
}

function toldOnce({ stderr }: CliContext["io"]) {
  let told = "";
  const tell = (text: string): void => {
    if (text !== told) stderr(`serin: ${plainText(text)}\n`);
    told = text;
  };
  return {
    away: ({ detail }: AdminFailure): void => tell(detail),
    refusal: (why: string | undefined): void => {
      if (why !== undefined) tell(`${why}; it looks each second`);
    },
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
