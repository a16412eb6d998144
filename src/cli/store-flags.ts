/** Flags that name a store, shared by the commands that open one. */
import { readFileSync } from "node:fs";
import type { Command, Option } from "commander";
import type { EtcdAccess } from "../config/config.ts";
import type { Result } from "../lib/result.ts";
import { defaultPrefix } from "../store/etcd-options.ts";
import { openStore, storeUrlProblem } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "./context.ts";
import { flag, usageError } from "./flags.ts";

export interface StoreFlags {
  readonly store: string;
  readonly prefix: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly etcdUser?: string;
  readonly etcdPasswordFile?: string;
}

const storeHelp = "etcd://h1:2379,h2:2379, etcds://… (TLS), file:DIR or memory:[DIR]";

/** `fallback`: the store where none is named. */
export const storeFlags = (fallback?: string): readonly Option[] => [
  flag("--store <url>", "SERIN_STORE", storeHelp, fallback === undefined ? {} : { fallback }),
  flag("--prefix <prefix>", "SERIN_PREFIX", "prefix of serin's keys in etcd", {
    fallback: defaultPrefix,
  }),
  flag("--etcd-ca <file>", "SERIN_ETCD_CA", "certificates that etcd's own is checked with (PEM)"),
  flag("--etcd-cert <file>", "SERIN_ETCD_CERT", "client certificate for etcd (PEM)"),
  flag("--etcd-key <file>", "SERIN_ETCD_KEY", "key of the client certificate (PEM)"),
  flag("--etcd-user <name>", "SERIN_ETCD_USER", "user of etcd; password in SERIN_ETCD_PASSWORD"),
  flag(
    "--etcd-password-file <file>",
    "SERIN_ETCD_PASSWORD_FILE",
    "file with the password, in place of SERIN_ETCD_PASSWORD",
  ),
];

/** Ends the command where the store's URL is of no known form; credentials are not repeated. */
export function checkStoreUrl(command: Command, url: string): void {
  const problem = storeUrlProblem(url);
  if (problem === undefined) return;
  const name = command.getOptionValueSource("store") === "env" ? "SERIN_STORE" : "--store";
  const value = url.includes("@") ? "" : ` ${JSON.stringify(url)}`;
  usageError(command, `${name}${value}: ${problem}`);
}

/** A prefix ends with a slash, or `/serin` would take `/serinade` along. */
export const wholePrefix = (prefix: string): string =>
  prefix.endsWith("/") ? prefix : `${prefix}/`;

/** Never a password in the arguments: they show in the list of processes. */
export function etcdAccess(command: Command, env: Environment): EtcdAccess {
  const { etcdCa, etcdCert, etcdKey, etcdUser } = command.opts<StoreFlags>();
  const password = readPassword(command, env);
  if ((etcdCert === undefined) !== (etcdKey === undefined)) {
    usageError(command, "--etcd-cert and --etcd-key go together");
  }
  if (etcdUser !== undefined && password === undefined) {
    usageError(command, "--etcd-user needs SERIN_ETCD_PASSWORD or --etcd-password-file");
  }
  return { caFile: etcdCa, certFile: etcdCert, keyFile: etcdKey, user: etcdUser, password };
}

function readPassword(command: Command, env: Environment): string | undefined {
  const { etcdPasswordFile: file } = command.opts<StoreFlags>();
  const given = env["SERIN_ETCD_PASSWORD"];
  if (file === undefined) return given;
  if (given !== undefined && given !== "") {
    usageError(command, "SERIN_ETCD_PASSWORD and --etcd-password-file exclude each other");
  }
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    return usageError(command, `--etcd-password-file: ${(error as Error).message}`);
  }
}

/** Opens the store that the flags name; it connects later. */
export function openNamedStore(
  command: Command,
  url: string,
  env: Environment,
): Promise<Result<Store, string>> {
  checkStoreUrl(command, url);
  const { caFile, certFile, keyFile, user, password } = etcdAccess(command, env);
  const tls = {
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  };
  return openStore(url, {
    prefix: wholePrefix(command.opts<StoreFlags>().prefix),
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(user !== undefined && { auth: { username: user, password: password ?? "" } }),
  });
}
