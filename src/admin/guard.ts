/**
 * A port on loopback is for this machine: the Host header must name loopback, or a web page could read
 * and write by DNS rebinding. Who else may ask what is in access/.
 */
import type { HostPort } from "../config/config.ts";
import { isLoopback } from "../lib/loopback.ts";
import { problem } from "./problem.ts";

/** The refusal of any request; undefined where it may go on. */
export function refuseHost(listen: HostPort, request: Request): Response | undefined {
  if (!isLoopback(listen.host) || namesLoopback(request.headers.get("host") ?? ""))
    return undefined;
  const detail = "the Host header must be localhost, 127.0.0.1 or [::1] (DNS rebinding)";
  return problem(403, "wrong-host", detail);
}

function namesLoopback(host: string): boolean {
  const [, name = ""] = /^([a-z\d.]+|\[[\da-f:]+\])(?::\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  return isLoopback(name.replace(/^\[(.*)\]$/, "$1"));
}
