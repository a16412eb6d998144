/** Lets a request through to a route, or answers it: one place for all of them. */
import type { Context, MiddlewareHandler } from "hono";
import type { Role } from "../../api/role.ts";
import { peerOf } from "../peer.ts";
import { problem } from "../problem.ts";
import type { Access, Identity, RefusalReason, Unidentified } from "./access.ts";
import { covers } from "./role.ts";
import type { Rule } from "./rules.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Who asks; not set for the page and for probes. */
    identity: Identity;
  }
}

export const admit =
  (access: Access, rule: Rule): MiddlewareHandler =>
  async (c, next) => {
    if (rule === "page") return next();
    const refusal = refuseOtherSites(access, c);
    if (refusal !== undefined) return refusal;
    if (rule === "anyone") return next();
    const who = identified(access, c);
    if (who instanceof Response) return who;
    const needed = typeof rule === "object" ? rule.of(c.req.param()) : rule;
    if (!covers(who.role, needed)) return refuseRole(access, c, who, needed);
    c.set("identity", who);
    await next();
    endWithToken(access, c, who);
  };

/** Name of the token of who asks; undefined where none is needed. */
export const tokenOf = (c: Context): string | undefined => c.get("identity").name ?? undefined;

/** Who asks, or the answer to somebody whom nobody knows. */
export function identified(access: Access, c: Context): Identity | Response {
  const who = access.identify(c.req.header("authorization"));
  return who.ok ? who.value : refuseUnidentified(access, c, who.error);
}

/** Counts and logs; the answer is the caller's. */
export function tellRefused(
  access: Access,
  c: Context,
  reason: RefusalReason,
  tokenName?: string,
): void {
  const { method, path } = c.req;
  const known = tokenName === undefined ? {} : { tokenName };
  access.refused({ reason, peer: peerOf(c), method, path, ...known });
}

function refuseUnidentified(access: Access, c: Context, { reason, detail }: Unidentified) {
  tellRefused(access, c, reason);
  const answer = problem(401, "unauthenticated", detail);
  // https://www.rfc-editor.org/rfc/rfc6750#section-3.1: without a token, no error is named.
  const error = reason === "no_token" ? "" : ', error="invalid_token"';
  answer.headers.set("www-authenticate", `Bearer realm="serin"${error}`);
  return answer;
}

function refuseRole(access: Access, c: Context, { name, role }: Identity, needed: Role) {
  tellRefused(access, c, "role", name ?? undefined);
  const detail = `this takes the role ${needed}, and the token ${name} has ${role}`;
  const answer = problem(403, "forbidden", detail, { role, needed });
  const scope = `error="insufficient_scope", scope="${needed}"`;
  answer.headers.set("www-authenticate", `Bearer realm="serin", ${scope}`);
  return answer;
}

/**
 * Browsers say where a request comes from; no page but serin's own has anything to ask here.
 * https://www.w3.org/TR/fetch-metadata/
 */
function refuseOtherSites(access: Access, c: Context): Response | undefined {
  const site = c.req.header("sec-fetch-site");
  if (site !== "cross-site" && site !== "same-site") return undefined;
  tellRefused(access, c, "cross_site");
  return problem(403, "cross-site", "pages of other sites may ask nothing here");
}

/** A stream that outlives its token ends at the next thing that it would say. */
function endWithToken(access: Access, c: Context, who: Identity): void {
  const { body, headers } = c.res;
  const goesOn = headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!goesOn || body === null || who.name === null) return;
  const checked = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (access.holds(who)) controller.enqueue(chunk);
      else controller.terminate();
    },
  });
  c.res = new Response(body.pipeThrough(checked), c.res);
}
