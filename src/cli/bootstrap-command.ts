/** `serin bootstrap`: prints the file that points an Envoy or a gRPC client at serin. */
import type { Command } from "commander";
import type { HostPort } from "../config/config.ts";
import type { BootstrapTls } from "./bootstrap-template.ts";
import { envoyBootstrapYaml, grpcBootstrapJson } from "./bootstrap-text.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { acting, flag, hostPort, integerFrom, listOf, usageError } from "./flags.ts";

interface BootstrapFlags {
  readonly nodeId?: string;
  readonly cluster: string;
  readonly delta?: boolean;
  readonly sotw?: boolean;
  readonly grpc?: boolean;
  readonly server?: readonly HostPort[];
  readonly adminPort?: number;
  readonly layer?: boolean;
  readonly verdicts?: boolean;
  readonly latency?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
}

const localServer: HostPort = { host: "127.0.0.1", port: 18_000 };

export function addBootstrap(program: Command, context: CliContext): void {
  const command = program
    .command("bootstrap")
    .description("Print a bootstrap that points an Envoy or a proxyless gRPC client at serin.");
  command
    .addOption(flag("--node-id <id>", "SERIN_NODE_ID", "id of the proxy, its own (required)"))
    .addOption(
      flag("--cluster <name>", "SERIN_NODE_CLUSTER", "cluster of the proxy: selects its gateways", {
        fallback: "edge",
      }),
    )
    .addOption(flag("--delta", "SERIN_DELTA", "incremental xDS (the default)"))
    .addOption(flag("--sotw", "SERIN_SOTW", "state-of-the-world xDS"))
    .addOption(flag("--grpc", "SERIN_GRPC", "for a gRPC client without a proxy, as JSON"))
    .addOption(
      flag(
        "--server <host:port>",
        "SERIN_SERVER",
        "serin's xDS port, once per replica; without it 127.0.0.1:18000",
        { parse: listOf(hostPort) },
      ),
    )
    .addOption(
      flag("--admin-port <port>", "SERIN_ENVOY_ADMIN_PORT", "Envoy's own admin port: 9901", {
        parse: integerFrom(0, 65_535),
      }),
    )
    .addOption(
      flag(
        "--no-layer",
        "SERIN_NO_LAYER",
        "without the runtime layer of weights: they come in the routes; for servers of serin's library",
      ),
    )
    .addOption(
      flag(
        "--verdicts",
        "SERIN_VERDICTS",
        "tell serin which instances it finds unwell, for serin verdicts: some CPU for each cluster",
      ),
    )
    .addOption(
      flag(
        "--latency",
        "SERIN_LATENCY",
        "tell serin how long requests took, for its page: some network for each cluster with requests",
      ),
    )
    .addOption(
      flag(
        "--tls-ca <file>",
        "SERIN_TLS_CA",
        "authority of serin's certificate, PEM: turns on TLS",
      ),
    )
    .addOption(
      flag("--tls-cert <file>", "SERIN_TLS_CERT", "the proxy's own certificate, where serin asks"),
    )
    .addOption(flag("--tls-key <file>", "SERIN_TLS_KEY", "its private key"))
    .addOption(
      flag(
        "--tls-server-name <name>",
        "SERIN_TLS_SERVER_NAME",
        "name in serin's certificate; default: the host of the first --server",
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  serin bootstrap --node-id edge-1 > envoy.yaml && envoy -c envoy.yaml
  serin bootstrap --node-id edge-1 --cluster edge --sotw --server a:18000 --server b:18000
  serin bootstrap --node-id edge-1 --server serin:18000 --tls-ca ca.pem --tls-cert me.pem --tls-key me.key
  serin bootstrap --node-id client-1 --grpc > grpc.json   # GRPC_XDS_BOOTSTRAP=grpc.json`,
    )
    .action(acting(context, command, async () => printBootstrap(command, context)));
}

function printBootstrap(command: Command, context: CliContext): number {
  const flags = command.opts<BootstrapFlags>();
  const { nodeId, cluster, delta, sotw, grpc, adminPort, layer, server = [localServer] } = flags;
  const { verdicts, latency } = flags;
  if (nodeId === undefined) usageError(command, "--node-id is missing; each proxy has its own");
  if ([delta, sotw, grpc].filter((each) => each === true).length > 1) {
    usageError(command, "--delta, --sotw and --grpc exclude each other");
  }
  if (grpc === true && layer === false) {
    usageError(command, "--no-layer is Envoy's: a gRPC client has no layers");
  }
  if (grpc === true && verdicts === true) {
    usageError(command, "--verdicts is Envoy's: a gRPC client looks at no health");
  }
  if (grpc === true && latency === true) {
    usageError(command, "--latency is Envoy's: a gRPC client has no sink of statistics");
  }
  const tls = tlsOf(command, flags);
  const common = { nodeId, cluster, servers: server, ...(tls !== undefined && { tls }) };
  const mode = sotw === true ? "sotw" : "delta";
  const own = {
    ...(adminPort !== undefined && { adminPort }),
    ...(layer !== undefined && { layer }),
    ...(verdicts !== undefined && { verdicts }),
    ...(latency !== undefined && { latency }),
  };
  const envoy = { ...common, ...own, mode } as const;
  context.io.stdout(grpc === true ? grpcBootstrapJson(common) : envoyBootstrapYaml(envoy));
  return exitCodes.done;
}

function tlsOf(command: Command, flags: BootstrapFlags): BootstrapTls | undefined {
  const { tlsCa: caFile, tlsCert: certFile, tlsKey: keyFile, tlsServerName: serverName } = flags;
  if (caFile === undefined) {
    if ([certFile, keyFile, serverName].every((each) => each === undefined)) return undefined;
    usageError(command, "TLS takes --tls-ca, the authority of serin's certificate");
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    usageError(command, "--tls-cert and --tls-key go together");
  }
  if (flags.grpc === true && serverName !== undefined) {
    usageError(command, "--tls-server-name is Envoy's: a gRPC client goes by the host of --server");
  }
  return {
    caFile,
    ...(serverName !== undefined && { serverName }),
    ...(certFile !== undefined && keyFile !== undefined && { client: { certFile, keyFile } }),
  };
}
