import pino from "pino";
import { Access } from "../../src/admin/access/access.ts";
import { hashOf, type Token, tokenMark } from "../../src/admin/access/token.ts";
import type { AdminPort } from "../../src/admin/server.ts";
import type { Role } from "../../src/api/role.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createMetrics } from "../../src/observe/metrics.ts";

/** Of a port that asks for no tokens. */
export const openAccess = (): Access =>
  new Access({
    tokens: () => undefined,
    clock: systemClock,
    logger: pino({ level: "silent" }),
    metrics: createMetrics(),
  });

/** On loopback, without tokens or TLS. */
export const loopbackPort = (port = 0): AdminPort => ({
  listen: { host: "127.0.0.1", port },
  access: openAccess(),
  tls: undefined,
});

export interface HeldToken {
  /** What its holder sends. */
  readonly text: string;
  /** What serin has of it. */
  readonly token: Token;
}

export function heldToken(name: string, role: Role, expiresMs?: number): HeldToken {
  // The same in each run, so that a seed plays the same run again.
  const text = tokenMark + hashOf(name).toString("base64url");
  return { text, token: { name, role, hash: hashOf(text), expiresMs } };
}
