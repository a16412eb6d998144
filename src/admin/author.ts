/**
 * Who asks for a change, and why, for its record: `?by=…&why=…`, or else the address. The port is
 * for this machine, and knows nobody: a name is what the caller says.
 */
import type { Context } from "hono";
import { limits } from "../config/limits.ts";
import type { Author } from "../store/act.ts";

/** `act`: what is done, where no reason is given. */
export function authorAsked(c: Context, act: string): Author {
  return { by: asked(c, "by") ?? `API ${peerOf(c)}`, why: asked(c, "why") ?? act };
}

function asked(c: Context, name: "by" | "why"): string | undefined {
  const text = c.req
    .query(name)
    ?.replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  return text === undefined || text === "" ? undefined : text.slice(0, limits.history.textChars);
}

function peerOf(c: Context): string {
  const { peer } = (c.env ?? {}) as { readonly peer?: string };
  return peer ?? "unknown";
}
