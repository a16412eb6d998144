/**
 * Tokens of the admin API. One is 32 random bytes, so its plain SHA-256 can be kept: nobody guesses
 * it, and a slow hash as for passwords would only make each request slow.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "../../api/role.ts";

/** A token as the file has it: serin never has the token itself. */
export interface Token {
  /** Of whoever holds it, for the history and the log. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256, 32 bytes. */
  readonly hash: Uint8Array;
  /** Wall-clock, ms; undefined: never. */
  readonly expiresMs: number | undefined;
}

/** The mark by which scanners of repositories and logs know one. */
export const tokenMark = "serin_";

export const makeToken = (): string => tokenMark + randomBytes(32).toString("base64url");

export const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Compares with every one of them, whichever it is, and each in constant time. */
export function findToken(tokens: readonly Token[], hash: Uint8Array): Token | undefined {
  let found: Token | undefined;
  for (const token of tokens) if (timingSafeEqual(token.hash, hash)) found = token;
  return found;
}

export const isExpired = ({ expiresMs }: Token, nowMs: number): boolean =>
  expiresMs !== undefined && nowMs >= expiresMs;
