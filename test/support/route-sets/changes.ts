/** Carries out what explain says of a request's way, line by line, as it is told to people. */
import type { Answer } from "../../../src/explain/answer.ts";
import type { MadeRequest } from "./requests.ts";
import type { Way } from "./told.ts";

export interface Changed {
  readonly path: string;
  readonly host: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Headers that the answer must have; undefined: must not have. */
  readonly answer: ReadonlyMap<string, string | undefined>;
  /** Clusters that get a copy, with the share in per cent. */
  readonly copies: ReadonlyMap<string, number>;
}

/** Lines that are about other things than what is compared. */
const others = /^(?:answer 504 after|no timeout|retry up to|end a stream) ?/;

export function changed(
  answer: Answer,
  { outcome, target }: Pick<Way, "outcome" | "target">,
  request: MadeRequest,
): Changed {
  const state = {
    path: request.path,
    host: request.host,
    headers: new Map(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
    answer: new Map<string, string | undefined>(),
    copies: new Map<string, number>(),
  };
  for (const line of [...answer.changes, ...(outcome?.changes ?? [])]) {
    const [, at, share, rest] = /^at (\S+)(?: \(share (\d+) of \d+\))?: (.*)$/s.exec(line) ?? [];
    if (at !== undefined && at !== target?.cluster) continue;
    if (share !== undefined && Number(share) - 1 !== target?.part) continue;
    carryOut(state, rest ?? line);
  }
  return state;
}

interface State {
  path: string;
  host: string;
  readonly headers: Map<string, string>;
  readonly answer: Map<string, string | undefined>;
  readonly copies: Map<string, number>;
}

function carryOut(state: State, line: string): void {
  const inAnswer = /^in the answer, (.*)$/s.exec(line)?.[1];
  if (inAnswer !== undefined) {
    changeHeader(state.answer, inAnswer, true);
    return;
  }
  const path = /^(?:rewrite|normalise) the path to (.*)$/s.exec(line)?.[1];
  const host = /^rewrite the host to (.*)$/s.exec(line)?.[1];
  const [, share, copy] =
    /^copy (every request|[\d.]+ % of the requests) to (\S+)$/.exec(line) ?? [];
  if (path !== undefined) state.path = path;
  else if (host !== undefined) state.host = host;
  else if (copy !== undefined) {
    state.copies.set(copy, share === "every request" ? 100 : Number.parseFloat(share ?? ""));
  } else if (!others.test(line)) changeHeader(state.headers, line, false);
}

function changeHeader(
  headers: Map<string, string | undefined>,
  line: string,
  inAnswer: boolean,
): void {
  const removed = /^remove header (\S+)$/.exec(line)?.[1]?.toLowerCase();
  if (removed !== undefined) {
    if (inAnswer) headers.set(removed, undefined);
    else headers.delete(removed);
    return;
  }
  const [, verb, name = "", value = ""] =
    /^(set|add|set, where it is missing,|set, where it is present,) header (\S+): (.*)$/s.exec(
      line,
    ) ?? [];
  const key = name.toLowerCase();
  const before = headers.get(key);
  if (verb === undefined) throw new Error(`a line that is not known: ${line}`);
  if (verb === "set, where it is missing," && before !== undefined) return;
  if (verb === "set, where it is present," && before === undefined) return;
  headers.set(key, verb === "add" && before !== undefined ? `${before}, ${value}` : value);
}
