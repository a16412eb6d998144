/**
 * Who may ask. A port on loopback is for this machine: the Host header must name loopback, or a web
 * page could read and write by DNS rebinding. Until there is authentication, writes need such a port.
 */
import type { Operation } from "../api/operation.ts";
import type { HostPort } from "../config/config.ts";
import { isLoopback } from "../lib/loopback.ts";
import type { AdminContext } from "./context.ts";
import { problem } from "./problem.ts";

const allowedHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** The refusal of any request; undefined where it may go on. */
export function refuseHost(listen: HostPort, request: Request): Response | undefined {
  const host = request.headers.get("host") ?? "";
  if (!isLoopback(listen.host) || allowedHost.test(host)) return undefined;
  const detail = "the Host header must be localhost, 127.0.0.1 or [::1] (DNS rebinding)";
  return problem(403, "wrong-host", detail);
}

/** The refusal of what takes more than a viewer; undefined where it may go on. */
export const refuseRole = (
  { listen }: Pick<AdminContext, "listen">,
  { role }: Operation,
): Response | undefined =>
  role === "viewer" || role === "anyone" ? undefined : refuseWrite(listen);

/** The refusal of a write; undefined where it may go on. */
export function refuseWrite(listen: HostPort): Response | undefined {
  if (isLoopback(listen.host)) return undefined;
  const detail =
    `writes are allowed only while the admin port listens on loopback, and it listens on ` +
    `${listen.host}; write to the store instead, for example with serin weight set --store URL`;
  return problem(403, "writes-closed", detail);
}
