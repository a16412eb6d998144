/** Who changes something, and why, as its record of history tells it. */
import { hostname, userInfo } from "node:os";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { limits } from "../config/limits.ts";
import type { Author } from "../store/act.ts";
import type { Environment } from "./context.ts";
import { flag } from "./flags.ts";

interface AuthorFlags {
  readonly by?: string;
  readonly why?: string;
}

export const authorFlags = (): readonly Option[] => [
  flag("--by <name>", "SERIN_BY", "who changes it, for the history; otherwise user@host", {
    parse: oneLine,
  }),
  flag("--why <reason>", "SERIN_WHY", "why it is changed, for the history", { parse: oneLine }),
];

/** `act`: what is done, where no reason is given. */
export function authorOf(command: Command, env: Environment, act: string): Author {
  const { by, why } = command.opts<AuthorFlags>();
  return { by: by ?? `${userName(env)}@${hostname()}`, why: why ?? act };
}

function oneLine(text: string): string {
  const most = limits.history.textChars;
  if (text.length <= most && !/\p{Cc}/u.test(text) && text.trim() !== "") return text;
  throw new InvalidArgumentError(`expected one line of at most ${most} characters.`);
}

function userName(env: Environment): string {
  const user = env["USER"];
  if (user) return user;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no name belongs to.
    return "unknown";
  }
}
