import { isLoopback } from "../lib/loopback.ts";

/** What a server process is told from outside; flags and environment are read in cli. */
export interface ServeConfig {
  /** `etcd://h1:2379,h2:2379`, `file:DIR` or `memory:[DIR]`. */
  readonly store: string;
  /** Key prefix in etcd, with slashes on both ends. */
  readonly prefix: string;
  readonly etcd: EtcdAccess;
  readonly xdsListen: HostPort;
  /** undefined: no TLS. */
  readonly xdsTls: XdsTlsFiles | undefined;
  /** Who may ask on the xDS port what proxies run (CSDS). */
  readonly csds: ClientStatusReaders | "off";
  /** A connection of a proxy lives about so long, ms; 0: as long as the proxy likes. */
  readonly xdsConnectionAgeMs: number;
  readonly adminListen: HostPort;
  /** File of those who may use the admin API; undefined: whoever reaches it, on loopback. */
  readonly adminTokens: string | undefined;
  /** undefined: no TLS. */
  readonly adminTls: TlsFiles | undefined;
  /** Where proxies that no gateway object selects listen; undefined: nowhere. */
  readonly defaultGateway: HostPort | undefined;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  /** Take a store that was emptied at once as it is, instead of keeping the last good state. */
  readonly allowEmpty: boolean;
  /** Where traces of changes go; undefined: there are none. */
  readonly traces: TracesConfig | undefined;
}

/** A collector of OpenTelemetry, by OTLP over HTTP. */
export interface TracesConfig {
  /** The whole of it: nothing is added to its path. */
  readonly url: URL;
  /** Of all changes, those that have a trace: from 0 to 1. */
  readonly share: number;
}

/** Who connects from loopback, or has a certificate with one of these DNS names and URIs. */
export type ClientStatusReaders = "loopback" | { readonly certificates: readonly string[] };

/** Paths of PEM files. */
export interface TlsFiles {
  /** The server's certificate, and after it those between it and its authority. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface XdsTlsFiles extends TlsFiles {
  /** Authorities of clients' certificates; with it, each client must have one. */
  readonly clientCaFile?: string;
}

/** An address; port 0 stands for any that is free. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Paths and names only; the password is read from the environment and never printed. */
export interface EtcdAccess {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** Why the admin API may not listen there, in one sentence that says what to do; undefined: it may. */
export function openPortProblem(
  { host, port }: HostPort,
  asksForTokens: boolean,
): string | undefined {
  if (asksForTokens || isLoopback(host)) return undefined;
  return (
    `admin API: ${host}:${port} can be reached from elsewhere, so say by --admin-tokens FILE who may ` +
    '("serin token create" makes one), or listen on loopback'
  );
}

const hostPort = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/;

/** `127.0.0.1:18000`, `[::1]:18000`; undefined when it is neither. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = hostPort.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
