/** Who asks, by the `Authorization` header: https://www.rfc-editor.org/rfc/rfc6750 */
import type { Logger } from "pino";
import type { Role } from "../../api/role.ts";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { findToken, hashOf, isExpired, type Token } from "./token.ts";

export interface Identity {
  /** Name of the token; null: the port asks for none. */
  readonly name: string | null;
  readonly role: Role;
}

/** Why a request goes no further; label values of a metric. */
export type RefusalReason =
  | "no_token"
  | "unknown_token"
  | "expired_token"
  | "role"
  | "host"
  | "cross_site";

export interface Unidentified {
  readonly reason: "no_token" | "unknown_token" | "expired_token";
  /** One sentence for whoever asks. */
  readonly detail: string;
}

export interface RefusedRequest {
  readonly reason: RefusalReason;
  readonly peer: string;
  readonly method: string;
  readonly path: string;
  /** Of whoever is known. */
  readonly tokenName?: string;
}

export interface AccessOptions {
  /** Those in force now; undefined: the port asks for none, and whoever reaches it is admin. */
  tokens(): readonly Token[] | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "adminRefused">;
}

/** What a port on loopback without a file of tokens takes everybody for. */
const everybody: Identity = { name: null, role: "admin" };

const bearer = /^Bearer +([\w.~+/-]+=*) *$/i;

export class Access {
  readonly #options: AccessOptions;
  readonly #tokens = new WeakMap<Identity, Token>();
  #loggedMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether the port asks for tokens. */
  get asksForTokens(): boolean {
    return this.#options.tokens() !== undefined;
  }

  /** Who sends this header. */
  identify(authorization: string | undefined): Result<Identity, Unidentified> {
    const tokens = this.#options.tokens();
    if (tokens === undefined) return ok(everybody);
    const text = bearer.exec(authorization ?? "")?.[1];
    if (text === undefined) {
      return err({ reason: "no_token", detail: "a bearer token is needed, and none was sent" });
    }
    const unknown = { reason: "unknown_token", detail: "nobody has this token" } as const;
    if (text.length > limits.access.tokenChars) return err(unknown);
    const token = findToken(tokens, hashOf(text));
    if (token === undefined) return err(unknown);
    if (isExpired(token, this.#options.clock.wallMs())) {
      const at = new Date(token.expiresMs ?? 0).toISOString();
      return err({ reason: "expired_token", detail: `the token ${token.name} expired at ${at}` });
    }
    const identity = { name: token.name, role: token.role };
    this.#tokens.set(identity, token);
    return ok(identity);
  }

  /** Whether somebody who was let in may stay: for answers that go on. */
  holds(identity: Identity): boolean {
    const token = this.#tokens.get(identity);
    if (token === undefined) return true;
    const now = findToken(this.#options.tokens() ?? [], token.hash);
    return now?.role === token.role && !isExpired(now, this.#options.clock.wallMs());
  }

  /** Counts it, and logs it where nothing was logged just now. */
  refused(request: RefusedRequest): void {
    const { clock, logger, metrics } = this.#options;
    metrics.adminRefused(request.reason);
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#loggedMs < limits.access.logMs) {
      this.#unlogged += 1;
      return;
    }
    const path = request.path.slice(0, limits.access.pathChars);
    const more = this.#unlogged > 0 ? { unlogged: this.#unlogged } : {};
    logger.warn({ ...request, path, ...more }, "request to the admin API refused");
    this.#loggedMs = nowMs;
    this.#unlogged = 0;
  }
}
