/**
 * Opens the store that a URL names: `etcd://h1:2379,h2:2379`, `etcds://…` (TLS), `file:DIR`,
 * `memory:` or `memory:DIR` (seeded from the folder).
 */
import type { Clock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type EtcdOptions, type EtcdTls, openEtcdStore } from "./etcd.ts";
import { openFileStore } from "./file.ts";
import { MemoryStore, seededMemoryStore } from "./memory.ts";
import type { Store } from "./store.ts";

/** What a URL does not say. `tls` turns TLS on for `etcd://` too. */
export interface OpenOptions extends Omit<EtcdOptions, "hosts"> {
  readonly clock?: Clock;
}

const defaultPort = 2379;
/** What is wrong with a store's URL, without looking at what it names; undefined: nothing. */
export function storeUrlProblem(url: string): string | undefined {
  const [, scheme = "", rest = ""] = parts(url);
  if (scheme === "") return `not a store that serin knows; the forms are ${forms}`;
  if (scheme === "file:" && rest === "") return "file: needs a folder, as in file:./config";
  if (!scheme.startsWith("etcd")) return undefined;
  const hosts = parseHosts(rest);
  return hosts.ok ? undefined : hosts.error;
}

const parts = (url: string): readonly string[] =>
  /^(etcds?:\/\/|file:|memory:)(.*)$/.exec(url) ?? [];

const forms = "etcd://host:port,…  etcds://host:port,…  file:DIR  memory:[DIR]";

/** Connects to nothing yet; the error is one sentence that contains no secret. */
export async function openStore(
  url: string,
  options: OpenOptions = {},
): Promise<Result<Store, string>> {
  const problem = storeUrlProblem(url);
  if (problem !== undefined) return err(problem);
  const [, scheme, rest = ""] = parts(url);
  switch (scheme) {
    case "etcd://":
      return openEtcd(rest, options.tls, options);
    case "etcds://":
      return openEtcd(rest, options.tls ?? {}, options);
    case "file:":
      return openFileStore(rest, options);
    default:
      return rest === "" ? ok(new MemoryStore(options)) : seededMemoryStore(rest, options.clock);
  }
}

function openEtcd(
  authority: string,
  tls: EtcdTls | undefined,
  options: OpenOptions,
): Result<Store, string> {
  const hosts = parseHosts(authority);
  if (!hosts.ok) return hosts;
  return openEtcdStore({ ...options, hosts: hosts.value, ...(tls === undefined ? {} : { tls }) });
}

/** `h1:2379,h2` → `["h1:2379", "h2:2379"]`; IPv6 in brackets. */
export function parseHosts(authority: string): Result<readonly string[], string> {
  if (authority.includes("@")) {
    return err("a store URL carries no credentials: it shows in the list of processes");
  }
  const hosts: string[] = [];
  for (const part of authority.replace(/\/$/, "").split(",")) {
    const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(part.trim());
    const [, host, port = String(defaultPort)] = match ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
      return err(`"${part}" is no host:port of etcd`);
    }
    hosts.push(`${host}:${port}`);
  }
  return ok(hosts);
}
