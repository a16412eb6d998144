/** `serin serve`: the management server. */
import type { Command, Option } from "commander";
import { InvalidArgumentError } from "commander";
import {
  type ClientStatusReaders,
  type HostPort,
  openPortProblem,
  type ServeConfig,
  type TlsFiles,
  type XdsTlsFiles,
} from "../config/config.ts";
import type { CliContext } from "./context.ts";
import { acting, duration, flag, hostPort, usageError } from "./flags.ts";
import {
  checkStoreUrl,
  etcdAccess,
  type StoreFlags,
  storeFlags,
  wholePrefix,
} from "./store-flags.ts";
import { type TraceFlags, traceFlags, tracesConfig } from "./trace-flags.ts";

const logLevels = ["trace", "debug", "info", "warn", "error"] as const;

interface ServeFlags extends StoreFlags, TraceFlags {
  readonly xdsListen: HostPort;
  readonly xdsTlsCert?: string;
  readonly xdsTlsKey?: string;
  readonly xdsTlsClientCa?: string;
  readonly csds?: string;
  readonly xdsMaxConnectionAge: number;
  readonly adminListen: HostPort;
  readonly adminTokens?: string;
  readonly adminTlsCert?: string;
  readonly adminTlsKey?: string;
  readonly defaultGateway: HostPort | "off";
  readonly logLevel: (typeof logLevels)[number];
  readonly allowEmpty?: boolean;
}

/** Also for `validate`, which has to know where proxies listen. */
export const defaultGatewayFlag = () =>
  flag(
    "--default-gateway <host:port>",
    "SERIN_DEFAULT_GATEWAY",
    'where proxies listen that no gateway object selects; "off": nowhere',
    { fallback: "127.0.0.1:10000", parse: hostPortOrOff },
  );

function hostPortOrOff(text: string): HostPort | "off" {
  if (text === "off") return "off";
  try {
    return hostPort(text);
  } catch {
    throw new InvalidArgumentError('expected host:port or "off".');
  }
}

/** Where people and tools ask, and who may. */
const adminPortFlags = (): readonly Option[] => [
  flag("--admin-listen <host:port>", "SERIN_ADMIN_LISTEN", "where the admin API listens", {
    fallback: "127.0.0.1:18001",
    parse: hostPort,
  }),
  flag(
    "--admin-tokens <file>",
    "SERIN_ADMIN_TOKENS",
    "who may use it (serin token create); without it, it listens on loopback only, and everybody there may",
  ),
  flag("--admin-tls-cert <file>", "SERIN_ADMIN_TLS_CERT", "certificate of the admin API, PEM"),
  flag("--admin-tls-key <file>", "SERIN_ADMIN_TLS_KEY", "its private key, PEM"),
];

export function addServe(program: Command, context: CliContext): void {
  const command = program
    .command("serve")
    .description("Serve Envoys and gRPC clients from the objects in a store.");
  for (const option of storeFlags("etcd://127.0.0.1:2379")) command.addOption(option);
  command
    .addOption(
      flag("--xds-listen <host:port>", "SERIN_XDS_LISTEN", "where proxies connect", {
        fallback: "127.0.0.1:18000",
        parse: hostPort,
      }),
    )
    .addOption(
      flag("--xds-tls-cert <file>", "SERIN_XDS_TLS_CERT", "certificate of the xDS port, PEM"),
    )
    .addOption(flag("--xds-tls-key <file>", "SERIN_XDS_TLS_KEY", "its private key, PEM"))
    .addOption(
      flag(
        "--xds-tls-client-ca <file>",
        "SERIN_XDS_TLS_CLIENT_CA",
        "CA of proxies' certificates; with it, each proxy must have one",
      ),
    )
    .addOption(
      flag(
        "--csds <who>",
        "SERIN_CSDS",
        'who may ask there what proxies run: "off", "loopback", or names of certificates with commas between; ' +
          "default: loopback, and off where proxies have certificates",
      ),
    )
    .addOption(
      flag(
        "--xds-max-connection-age <duration>",
        "SERIN_XDS_MAX_CONNECTION_AGE",
        "proxies reconnect after about this long, so that replicas share them; 0s: never",
        { fallback: "30m", parse: duration },
      ),
    )
    .addOption(defaultGatewayFlag())
    .addOption(
      flag("--log-level <level>", "SERIN_LOG_LEVEL", "what is logged", {
        fallback: "info",
        choices: logLevels,
      }),
    )
    .addOption(
      flag(
        "--allow-empty",
        "SERIN_ALLOW_EMPTY",
        "take a store that was emptied at once as it is, instead of keeping the last good state",
      ),
    );
  for (const option of [...adminPortFlags(), ...traceFlags()]) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Examples:
  serin serve                                       etcd on 127.0.0.1:2379
  serin serve --store file:./config                 a folder of YAML, one file per object
  serin serve --store etcd://a:2379,b:2379 --xds-listen 0.0.0.0:18000`,
    )
    .action(acting(context, command, () => context.run.serve(serveConfig(command, context))));
}

function serveConfig(command: Command, context: CliContext): ServeConfig {
  const flags = command.opts<ServeFlags>();
  const { store, prefix, xdsListen, adminListen, defaultGateway, logLevel } = flags;
  checkStoreUrl(command, store);
  const tls = xdsTls(command, flags);
  const open = openPortProblem(adminListen, flags.adminTokens !== undefined);
  if (open !== undefined) usageError(command, open);
  return {
    store,
    prefix: wholePrefix(prefix),
    etcd: etcdAccess(command, context.env),
    xdsListen,
    xdsTls: tls,
    csds: csds(command, flags.csds, tls?.clientCaFile !== undefined),
    xdsConnectionAgeMs: flags.xdsMaxConnectionAge,
    adminListen,
    adminTokens: flags.adminTokens,
    adminTls: adminTls(command, flags),
    defaultGateway: defaultGateway === "off" ? undefined : defaultGateway,
    logLevel,
    allowEmpty: flags.allowEmpty === true,
    traces: tracesConfig(flags),
  };
}

function xdsTls(command: Command, flags: ServeFlags): XdsTlsFiles | undefined {
  const { xdsTlsCert: certFile, xdsTlsKey: keyFile, xdsTlsClientCa: clientCaFile } = flags;
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) {
    return undefined;
  }
  if (certFile === undefined || keyFile === undefined) {
    usageError(command, "TLS for xDS takes both --xds-tls-cert and --xds-tls-key");
  }
  return { certFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) };
}

function adminTls(command: Command, flags: ServeFlags): TlsFiles | undefined {
  const { adminTlsCert: certFile, adminTlsKey: keyFile } = flags;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    usageError(command, "TLS for the admin API takes both --admin-tls-cert and --admin-tls-key");
  }
  return { certFile, keyFile };
}

/** Who has a certificate to be a proxy is not to read of others by it. */
function csds(
  command: Command,
  text: string | undefined,
  asksForCertificates: boolean,
): ClientStatusReaders | "off" {
  if (text === undefined) return asksForCertificates ? "off" : "loopback";
  if (text === "off" || text === "loopback") return text;
  const certificates = text.split(",").map((name) => name.trim());
  if (certificates.includes("")) {
    usageError(command, '--csds takes "off", "loopback", or names with commas between');
  }
  if (!asksForCertificates) {
    usageError(command, "names of certificates in --csds take --xds-tls-client-ca");
  }
  return { certificates };
}
