/**
 * Who asks for a change, and why, for its record. Where the port asks for tokens, it is the token's name, and
 * `?by=…` is not believed. Otherwise a name is what the caller says, or else the address.
 */
import type { Context } from "hono";
import { limits } from "../config/limits.ts";
import type { Author } from "../store/act.ts";
import { peerOf } from "./peer.ts";

export interface AuthorAsked {
  readonly by?: string;
  readonly why?: string;
}

/** `act`: what is done, where no reason is given. */
export const authorAsked = (c: Context, { by, why }: AuthorAsked, act: string): Author => ({
  by: c.get("identity").name ?? oneLine(by) ?? `API ${peerOf(c)}`,
  why: oneLine(why) ?? act,
});

function oneLine(asked: string | undefined): string | undefined {
  const text = asked?.replaceAll(/\p{Cc}+/gu, " ").trim();
  return text === undefined || text === "" ? undefined : text.slice(0, limits.history.textChars);
}
