/**
 * Who may write. Until there is authentication, only this machine: the port must be on loopback, and
 * the Host header must name loopback, or a web page could write by DNS rebinding.
 */
import { BlockList, isIP } from "node:net";
import type { HostPort } from "../config/config.ts";
import { problem } from "./problem.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === "localhost";
  return loopback.check(host, family === 4 ? "ipv4" : "ipv6");
}

const allowedHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** The refusal of a write; undefined where it may go on. */
export function refuseWrite(listen: HostPort, request: Request): Response | undefined {
  if (!isLoopback(listen.host)) {
    const detail =
      `writes are allowed only while the admin port listens on loopback, and it listens on ` +
      `${listen.host}; write to the store instead, for example with serin weight set --store URL`;
    return problem(403, "writes-closed", detail);
  }
  const host = request.headers.get("host") ?? "";
  if (!allowedHost.test(host)) {
    const detail = "writes need a Host header of localhost, 127.0.0.1 or [::1] (DNS rebinding)";
    return problem(403, "wrong-host", detail);
  }
  return undefined;
}
