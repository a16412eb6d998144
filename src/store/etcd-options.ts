/** How an etcd store is opened, and what it tells its metrics. */
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { RelistReason } from "./etcd-stream.ts";

export type StoreLimits = { readonly [K in keyof typeof limits.store]: number };

export interface EtcdOptions {
  /** `host:port`, without a scheme; tried in order, one at a time. */
  readonly hosts: readonly string[];
  /** Every key of serin begins with this; `/serin/` unless told otherwise. */
  readonly prefix?: string;
  /** Present (even empty) means TLS. Paths of PEM files; without `caFile` the system's roots count. */
  readonly tls?: EtcdTls;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Takes an empty prefix as it is, where otherwise the last good state is held. */
  readonly allowEmpty?: boolean;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Other bounds, for tests. */
  readonly limits?: Partial<StoreLimits>;
  readonly onEvent?: (event: EtcdEvent) => void;
}

export interface EtcdTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** For counters and gauges; never carries keys, values or secrets. */
export type EtcdEvent =
  /** A message of the watch arrived: freshness. */
  | { readonly kind: "contact" }
  /** A list that reached the watcher, page by page. */
  | { readonly kind: "list"; readonly keys: number; readonly pages: number }
  /** Why it was made; `start` for the first. Counted once per list, not per attempt. */
  | { readonly kind: "relist"; readonly reason: RelistReason }
  /** A connection was given up and a new one is made. */
  | { readonly kind: "rebuild"; readonly endpoint: string }
  | { readonly kind: "audit"; readonly keys: number }
  /** An audit found keys that differ from etcd. */
  | { readonly kind: "divergence"; readonly keys: number }
  /** The mass-delete guard holds the last good state. */
  | { readonly kind: "held"; readonly keys: number }
  /** The history of etcd went back (wiped, or restored from a backup). */
  | { readonly kind: "rewound" };

export const defaultPrefix = "/serin/";

export const effectiveLimits = (options: EtcdOptions): StoreLimits => ({
  ...limits.store,
  ...options.limits,
});

export interface TlsMaterial {
  readonly rootCertificate: Buffer;
  readonly certChain?: Buffer;
  readonly privateKey?: Buffer;
}

/** Fails with a sentence that names the file, never its content. */
export function readTls(tls: EtcdTls): Result<TlsMaterial, string> {
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    return err("a client certificate and its key go together; one of them is missing");
  }
  try {
    const rootCertificate =
      tls.caFile === undefined
        ? Buffer.from(rootCertificates.join("\n"))
        : readFileSync(tls.caFile);
    if (tls.certFile === undefined || tls.keyFile === undefined) return ok({ rootCertificate });
    const certChain = readFileSync(tls.certFile);
    const privateKey = readFileSync(tls.keyFile);
    return ok({ rootCertificate, certChain, privateKey });
  } catch (error) {
    return err(`cannot read TLS files: ${error instanceof Error ? error.message : String(error)}`);
  }
}
