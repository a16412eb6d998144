/**
 * Where a replica listens, so that one at the same place proves that the one before it is dead: a port of one
 * network namespace is bound once, and a namespace is gone only when all its processes are.
 * https://man7.org/linux/man-pages/man7/network_namespaces.7.html
 */
import { readFileSync, readlinkSync } from "node:fs";
import type { HostPort } from "../config/config.ts";

/** undefined: it cannot be told, as on other systems than Linux, or where any port will do. */
export function replicaPlace({ host, port }: HostPort): string | undefined {
  if (port === 0) return undefined;
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/net")} ${host}:${port}`;
  } catch {
    return undefined;
  }
}
