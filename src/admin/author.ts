/**
 * Who asks for a change, and why, for its record: `?by=…&why=…`, or else the address. The port is
 * for this machine, and knows nobody: a name is what the caller says.
 */
import type { Context } from "hono";
import { limits } from "../config/limits.ts";
import type { Author } from "../store/act.ts";

export interface AuthorAsked {
  readonly by?: string;
  readonly why?: string;
}

/** `act`: what is done, where no reason is given. */
export const authorAsked = (c: Context, { by, why }: AuthorAsked, act: string): Author => ({
  by: oneLine(by) ?? `API ${peerOf(c)}`,
  why: oneLine(why) ?? act,
});

function oneLine(asked: string | undefined): string | undefined {
  const text = asked?.replaceAll(/\p{Cc}+/gu, " ").trim();
  return text === undefined || text === "" ? undefined : text.slice(0, limits.history.textChars);
}

function peerOf(c: Context): string {
  const { peer } = (c.env ?? {}) as { readonly peer?: string };
  return peer ?? "unknown";
}
