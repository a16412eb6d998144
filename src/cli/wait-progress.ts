/** "accepted by 3 of 5 proxies; waiting for edge-2 (RDS)", while a person waits at a terminal. */
import type { Command } from "commander";
import type { BehindJson } from "../api/wait.ts";
import { limits } from "../config/limits.ts";
import { fromAdmin } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { endedWithin } from "./stopped.ts";
import { ProgressLine } from "./terminal.ts";

interface WaitAsked {
  readonly revision: number;
  readonly minProxies: number;
}

/** Does `work`, and tells meanwhile how far the proxies are; `asked` is what it waits for. */
export async function withProgress<T>(
  command: Command,
  { io }: CliContext,
  asked: WaitAsked,
  work: () => Promise<T>,
): Promise<T> {
  const { errTerminal } = io;
  if (errTerminal === undefined) return work();
  const line = new ProgressLine((text) => io.stderr(text), errTerminal);
  const ended = new AbortController();
  const telling = tell(command, asked, line, ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
    await telling;
    line.clear();
  }
}

async function tell(
  command: Command,
  asked: WaitAsked,
  line: ProgressLine,
  ended: AbortSignal,
): Promise<void> {
  while (!(await endedWithin(limits.cli.progressMs, ended))) {
    // Answers at once.
    const query = { ...asked, timeoutMs: 0 };
    const told = await fromAdmin(command, (api) =>
      api.call("GET /v1/wait", { query }, { signal: ended }),
    );
    // Whoever answers otherwise has nothing to tell; the wait itself says what came of it.
    if (!told.ok && !ended.aborted) line.show(progressText(told.error.members));
  }
}

/** Of a wait that is not over. */
export function progressText(members: Readonly<Record<string, unknown>>): string {
  const { proxies, accepted } = members;
  if (typeof proxies !== "number" || typeof accepted !== "number") return "";
  if (proxies === 0) return "no proxy is connected; waiting for one";
  const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
  const head = `accepted by ${accepted} of ${count}`;
  const behind = (members["behind"] ?? []) as readonly BehindJson[];
  if (behind.length === 0) return head;
  const omitted = Number(members["omitted"] ?? 0);
  const more = omitted === 0 ? "" : `, and ${omitted} more`;
  return `${head}; waiting for ${behindNodes(behind).join(", ")}${more}`;
}

/** `edge-2 (RDS)`, a node with all its types. */
function behindNodes(behind: readonly BehindJson[]): readonly string[] {
  const types = new Map<string, Set<string>>();
  for (const { node, type, replica } of behind) {
    const name = type === null && replica !== undefined ? `${node} at ${replica}` : node;
    const known = types.get(name) ?? new Set();
    types.set(name, type === null ? known : known.add(type));
  }
  return [...types].map(([name, of]) => (of.size === 0 ? name : `${name} (${[...of].join(", ")})`));
}
